/** How far a job was seen to be, and when (seconds of any clock). */
export interface Seen {
  done: number;
  at: number;
}

const LONG_ENOUGH = 2; // seconds; before that a rate would jump

/** Films a second since the job was seen first, and the seconds that are left; null where nobody can say yet. */
export function leftOf(first: Seen, now: Seen, total: number | null): { rate: number | null; left: number | null } {
  const seconds = now.at - first.at;
  const done = now.done - first.done;
  if (seconds < LONG_ENOUGH || done <= 0) return { rate: null, left: null };
  const rate = done / seconds;
  return { rate, left: total === null ? null : Math.max(0, total - now.done) / rate };
}
