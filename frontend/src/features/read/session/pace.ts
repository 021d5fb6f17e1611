/** How fast this reader reads: the last cases' seconds, kept in this browser so that a reload does not forget them. */

const STORE = "overread-pace";
const LAST = 20;

function read(): Record<string, number[]> {
  try {
    return JSON.parse(localStorage.getItem(STORE) ?? "{}") as Record<string, number[]>;
  } catch {
    return {};
  }
}

function nameOf(reader: number, auditId: number): string {
  return `${reader}/${auditId}`;
}

export function notePace(reader: number, auditId: number, seconds: number): void {
  const name = nameOf(reader, auditId);
  const now = [...(read()[name] ?? []), seconds].slice(-LAST);
  try {
    localStorage.setItem(STORE, JSON.stringify({ [name]: now })); // the audit at hand alone
  } catch {
    // a full store costs the pace, nothing else
  }
}

/** The median of the last cases' seconds; null before the third, as two say nothing. */
export function paceOf(reader: number, auditId: number): number | null {
  const sorted = (read()[nameOf(reader, auditId)] ?? []).sort((a, b) => a - b);
  if (sorted.length < 3) return null;
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}
