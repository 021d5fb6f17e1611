/** What the trail's address says: rows about one subject, by one account, older than one row. */
export interface TrailSearch {
  subject?: string;
  by?: number;
  before?: number;
}

export function trailSearch({ subject, by, before }: Record<string, unknown>): TrailSearch {
  return {
    // The router reads an address's number as one, and a subject may look like it.
    ...(typeof subject === "string" || typeof subject === "number" ? { subject: String(subject) } : {}),
    ...(isNumbered(by) ? { by } : {}),
    ...(isNumbered(before) ? { before } : {}),
  };
}

function isNumbered(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}
