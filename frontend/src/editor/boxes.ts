/** A box for each region of each finding's mask: the smallest rectangle around it. The server's boxes are the same. */

import type { Masks } from "./mask";

/** In film pixels from the upper left: columns x ≤ column < x + width, rows y ≤ row < y + height. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What is known of a region so far; ``into``: it turned out to be a part of that one. */
interface Region {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
  into: Region | null;
}

/** A piece of a row, x0 ≤ column < x1. */
interface Run {
  x0: number;
  x1: number;
  region: Region;
}

/** By finding: the boxes of its 8-connected regions, sorted by where they begin. One walk along the film's rows. */
export function boxesOf({ width, height, bits }: Masks): Box[][] {
  const findings = [...Array(8)].map(() => new Rows());
  const begun = new Int32Array(8);
  const turn = (flips: number, now: number, x: number, y: number): void => {
    for (let bit = 0; flips >> bit; bit++) {
      if (!(flips & (1 << bit))) continue;
      if (now & (1 << bit)) begun[bit] = x;
      else findings[bit]!.add(begun[bit]!, x, y);
    }
  };
  for (let y = 0; y < height; y++) {
    let open = 0;
    for (let x = 0, at = y * width; x < width; x++, at++) {
      const here = bits[at]!;
      if (here === open) continue;
      turn(here ^ open, here, x, y);
      open = here;
    }
    turn(open, 0, width, y);
  }
  return findings.map((rows) => rows.boxes());
}

/** The runs of one finding as they come, row by row. */
class Rows {
  private readonly regions: Region[] = [];
  private above: Run[] = [];
  private row: Run[] = [];
  private y = -1;
  private next = 0; // of the row above: the first run that may touch what comes

  add(x0: number, x1: number, y: number): void {
    if (y !== this.y) {
      this.above = y === this.y + 1 ? this.row : [];
      this.row = [];
      this.y = y;
      this.next = 0;
    }
    const { above } = this;
    while (this.next < above.length && above[this.next]!.x1 < x0) this.next++;
    let region: Region | null = null;
    // A corner is enough to touch; the last run that does may touch what comes after this one, too.
    for (let i = this.next; i < above.length && above[i]!.x0 <= x1; i++) region = join(above[i]!.region, region);
    if (region) grow(region, x0, y, x1, y + 1);
    else {
      region = { x0, y0: y, x1, y1: y + 1, into: null };
      this.regions.push(region);
    }
    this.row.push({ x0, x1, region });
  }

  boxes(): Box[] {
    return this.regions
      .filter((region) => !region.into)
      .map(({ x0, y0, x1, y1 }) => ({ x: x0, y: y0, width: x1 - x0, height: y1 - y0 }))
      .sort((a, b) => a.y - b.y || a.x - b.x || a.height - b.height || a.width - b.width);
  }
}

/** The region that one and another are now; another may be none yet. */
function join(one: Region, other: Region | null): Region {
  let root = one;
  while (root.into) root = root.into;
  if (!other || other === root) return root;
  grow(other, root.x0, root.y0, root.x1, root.y1);
  root.into = other;
  return other;
}

function grow(region: Region, x0: number, y0: number, x1: number, y1: number): void {
  region.x0 = Math.min(region.x0, x0);
  region.y0 = Math.min(region.y0, y0);
  region.x1 = Math.max(region.x1, x1);
  region.y1 = Math.max(region.y1, y1);
}
