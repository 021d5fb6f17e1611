/** Which findings of a film its reader has looked at: only those are accepted, and only by a press that came after. */

import type { State } from "../../../editor/state";
import type { Case, Verdicts } from "./types";

/** ms that a mask has to be on the screen before a press can be of it. */
export const MOMENT = 400;

type Seen = Pick<State, "finding" | "visible" | "areas" | "edited">;
type Rows = Pick<Case["findings"][number], "finding" | "drawn">[];

export class Looking {
  private readonly seen = new Set<number>();
  private chosen: { bit: number; shown: boolean; since: number } | null = null;
  private shown: { all: boolean; since: number };

  /** ``came``: when the film came to the screen, by the clock. */
  constructor(
    private readonly came: number,
    private readonly clock: () => number = () => performance.now(),
  ) {
    this.shown = { all: false, since: came };
  }

  /** What is on the screen now; told whenever something of it changes. */
  tell({ finding, visible }: Seen): void {
    const now = this.clock();
    const first = this.chosen === null;
    if (this.chosen?.bit !== finding || this.chosen.shown !== Boolean(visible[finding])) {
      this.settle(now);
      this.chosen = { bit: finding, shown: Boolean(visible[finding]), since: first ? this.shown.since : now };
    }
    const all = visible.every(Boolean);
    if (this.shown.all !== all) this.shown = { all, since: first ? this.shown.since : now };
  }

  /** Whether the film came less than a moment ago: whatever was done on it, nobody has seen the rest of it. */
  get fresh(): boolean {
    return this.clock() - this.came < MOMENT;
  }

  /** The drawn findings that were neither judged, drawn on nor looked at yet. An empty mask is looked at with the film. */
  left(rows: Rows, state: Seen, verdicts: Verdicts): number[] {
    const now = this.clock();
    this.settle(now);
    const filmSeen = this.shown.all && now - this.shown.since >= MOMENT;
    return rows.flatMap(({ finding, drawn }, bit) => {
      const said = verdicts[finding] || state.edited[bit] || this.seen.has(bit);
      const empty = filmSeen && state.areas[bit] === 0;
      return drawn && !said && !empty ? [bit] : [];
    });
  }

  private settle(now: number): void {
    if (this.chosen?.shown && now - this.chosen.since >= MOMENT) this.seen.add(this.chosen.bit);
  }
}

/** What the key of acceptance does: nothing yet, choose a finding that nobody has looked at, or save. */
export type Step = { does: "wait" } | { does: "visit"; bit: number } | { does: "save" };

export function step(left: number[], chosen: number, fresh: boolean): Step {
  if (fresh || left.includes(chosen)) return { does: "wait" };
  return left.length ? { does: "visit", bit: left[0]! } : { does: "save" };
}
