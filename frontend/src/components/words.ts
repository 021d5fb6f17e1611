/** How ids and numbers are spelt for people. */

export function findingName(finding: string): string {
  const words = finding.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function share(value: number | null | undefined, digits = 3): string {
  return value === null || value === undefined ? "n/a" : value.toFixed(digits);
}

export function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? "n/a" : `${(value * 100).toFixed(0)}%`;
}

export function seconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  return value < 90 ? `${Math.round(value)} s` : `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
}

const VERDICTS = { accept: "accepted", fix: "fixed", reject: "no lesion", cannot_tell: "cannot tell" } as const;

export function verdictWord(verdict: keyof typeof VERDICTS): string {
  return VERDICTS[verdict];
}
