/** What the trail's address says: lines about one subject, by one account, older than one. */
export interface TrailSearch {
  subject?: string;
  by?: number;
  after?: number;
}

export function trailSearch({ subject, by, after }: Record<string, unknown>): TrailSearch {
  return {
    // The router reads an address's number as one, and a subject may look like it.
    ...(typeof subject === "string" || typeof subject === "number" ? { subject: String(subject) } : {}),
    ...(isNumbered(by) ? { by } : {}),
    ...(isNumbered(after) ? { after } : {}),
  };
}

function isNumbered(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}
