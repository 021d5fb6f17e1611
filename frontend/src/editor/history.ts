/** Undo and redo, one entry a gesture, exact: the XOR of before and after, as runs inside the dirty rectangle. */

import type { Masks, Rect } from "./mask";

/** What a gesture took a finding's mask from: the slider's probability (0–1), or another's mask. */
export interface Made {
  finding: number;
  threshold?: number;
  adopted?: Source;
  teacher?: number; // whose, of a teacher's mask
  touchedUp?: boolean; // something else has changed the mask since; untold in drafts of before it was asked
}

/** Whose mask can be taken over. */
export type Source = "pseudo" | "previous" | "public" | "read" | "sibling" | "teacher";

interface Change {
  made?: Made | undefined;
  rect: Rect;
  findings: number; // bits of the findings that it changed
  runs: Uint32Array; // pairs: how many equal bytes, XOR value << 24 | how many bytes carry it
}

const LONGEST = 0xffffff;

export class History {
  private readonly shadow: Uint8Array;
  private done: Change[] = [];
  private undone: Change[] = [];
  /** The findings (bits) that the last gesture, undo or redo changed. */
  touched = 0;
  private readonly restored = new Map<number, Made | null>();

  constructor(private readonly masks: Masks) {
    this.shadow = masks.bits.slice();
  }

  /** Start anew from the masks as they are: what was loaded is not a gesture. */
  rebase(): void {
    this.shadow.set(this.masks.bits);
    this.done = [];
    this.undone = [];
    this.touched = 0;
  }

  /** A finding's mask came from an earlier sitting: it stands, as a gesture does, and cannot be undone. */
  restore(finding: number, made: Made | null): void {
    this.rebase();
    this.restored.set(finding, made);
  }

  /** The findings (bits) that gestures which stand have changed, in this sitting or in the one it goes on from. */
  get standing(): number {
    const before = [...this.restored.keys()].reduce((bits, finding) => bits | (1 << finding), 0);
    return this.done.reduce((bits, change) => bits | change.findings, before);
  }

  get canUndo(): boolean {
    return this.done.length > 0;
  }

  get canRedo(): boolean {
    return this.undone.length > 0;
  }

  /** End a gesture that changed pixels inside this rectangle; a gesture that changed nothing is no entry. */
  commit(rect: Rect | null, made?: Made): boolean {
    const change = rect && this.difference(rect);
    if (!change) return false;
    this.done.push({ ...change, made });
    this.undone = [];
    this.touched = change.findings;
    return true;
  }

  /** The last gesture that stands and took the finding's mask from somewhere, and whether it was drawn on since. */
  made(finding: number): Made | null {
    const at = this.done.map(({ made }) => made?.finding).lastIndexOf(finding);
    const since = this.done.slice(at + 1).some((change) => change.findings & (1 << finding));
    const here = this.done[at]?.made;
    if (here) return { ...here, touchedUp: since };
    const before = this.restored.get(finding) ?? null;
    return before && since ? { ...before, touchedUp: true } : before;
  }

  /** Throw away what a gesture painted so far. */
  revert(rect: Rect | null): void {
    if (!rect) return;
    const { width, bits } = this.masks;
    for (let y = rect.y0; y < rect.y1; y++) {
      bits.set(this.shadow.subarray(y * width + rect.x0, y * width + rect.x1), y * width + rect.x0);
    }
  }

  undo(): Rect | null {
    return this.move(this.done, this.undone);
  }

  redo(): Rect | null {
    return this.move(this.undone, this.done);
  }

  private move(from: Change[], to: Change[]): Rect | null {
    const change = from.pop();
    if (!change) return null;
    to.push(change);
    this.toggle(change);
    this.touched = change.findings;
    return change.rect;
  }

  private difference(rect: Rect): Change | null {
    const runs: number[] = [];
    let same = 0;
    let value = 0;
    let length = 0;
    const flush = (): void => {
      if (!length) return;
      runs.push(same, ((value << 24) | length) >>> 0);
      same = 0;
      length = 0;
    };
    this.forBytes(rect, (at) => {
      const xor = this.masks.bits[at]! ^ this.shadow[at]!;
      if (length && (xor !== value || length === LONGEST)) flush();
      if (xor) {
        value = xor;
        length++;
      } else same++;
      this.shadow[at] = this.masks.bits[at]!;
    });
    flush();
    return runs.length ? { rect, runs: Uint32Array.from(runs), findings: findingsOf(runs) } : null;
  }

  private toggle({ rect, runs }: Change): void {
    let run = 0;
    let skip = runs[0]!;
    let left = runs[1]! & LONGEST;
    this.forBytes(rect, (at) => {
      if (run >= runs.length) return;
      if (skip > 0) {
        skip--;
        return;
      }
      this.masks.bits[at]! ^= runs[run + 1]! >>> 24;
      this.shadow[at] = this.masks.bits[at]!;
      if (--left === 0) {
        run += 2;
        skip = runs[run] ?? 0;
        left = (runs[run + 1] ?? 0) & LONGEST;
      }
    });
  }

  private forBytes(rect: Rect, visit: (at: number) => void): void {
    for (let y = rect.y0; y < rect.y1; y++) {
      const row = y * this.masks.width;
      for (let x = rect.x0; x < rect.x1; x++) visit(row + x);
    }
  }
}

function findingsOf(runs: number[]): number {
  let bits = 0;
  for (let i = 1; i < runs.length; i += 2) bits |= runs[i]! >>> 24;
  return bits;
}
