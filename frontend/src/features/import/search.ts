/** What the page's address says, so that a reload keeps it: a preview and an import by their jobs, a source's report. */
export interface ImportSearch {
  preview?: number;
  job?: number;
  source?: number;
}

export function importSearch(search: Record<string, unknown>): ImportSearch {
  const found: ImportSearch = {};
  for (const name of ["preview", "job", "source"] as const) {
    const value = search[name];
    if (Number.isSafeInteger(value) && Number(value) > 0) found[name] = Number(value);
  }
  return found;
}
