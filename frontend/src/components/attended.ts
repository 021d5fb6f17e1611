/** A clock for the time that people spend: it stands while the page is hidden, and a minute after they last did anything. */

const PAUSE = 60_000; // ms without a key or a move of the pointer, from which on nobody is counted as reading
const SIGNS = ["pointerdown", "pointermove", "wheel", "keydown"];

export class Attended {
  private counted = 0;
  private last = performance.now();
  private seen = document.visibilityState === "visible";
  private readonly stop = new AbortController();

  constructor() {
    const { signal } = this.stop;
    // Heard on the way down: what the editor keeps for itself is a sign as well.
    for (const kind of SIGNS) addEventListener(kind, () => this.mark(), { signal, capture: true, passive: true });
    document.addEventListener("visibilitychange", () => this.mark(), { signal });
  }

  /** Milliseconds counted since the page was opened. */
  now(): number {
    const since = Math.max(0, performance.now() - this.last);
    return this.counted + (this.seen ? Math.min(since, PAUSE) : 0);
  }

  end(): void {
    this.stop.abort();
  }

  /** Somebody is here, has come back, or goes. */
  private mark(): void {
    this.counted = this.now();
    this.last = performance.now();
    this.seen = document.visibilityState === "visible";
  }
}

export const attended = new Attended();
