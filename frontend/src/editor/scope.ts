/** Where the probability slider acts: the whole film, inside a lasso, or the region at a point. The rest stays. */

import { flood, type Masks, type Rect, regionAt, whole } from "./mask";
import { decodeRle, encodeRle, type Rle } from "./rle";

const TILE = 64;

export interface Scope {
  kind: "film" | "lasso" | "region";
  /**
   * Set the bit as the threshold (1–255) says, from the mask as it was when the scope was chosen; where it changed.
   * ``again``: since this scope was applied last nothing else has changed the masks, so it may do the difference alone.
   */
  apply(masks: Masks, plane: Uint8Array, threshold: number, again: boolean): Rect;
  /** What it is made of, for another sitting; null for the whole film. */
  keep(): KeptScope | null;
}

/** A finding's scope as a draft has it: the mask outside of it, and the pixels, or the seed, that it acts on. */
export interface KeptScope {
  finding: number;
  rest: Rle;
  inside: Rle | null;
  seed: number;
}

/** The bit is set where P reaches the threshold, and nowhere else. Of one finding's plane, whose tiles it remembers. */
export function filmScope(bit: number): Scope {
  let tiles: PlaneTile[] = [];
  let last = 0;
  return {
    kind: "film",
    keep: () => null,
    apply(masks, plane, threshold, again) {
      if (!tiles.length) tiles = tilesOf(masks, plane);
      const [from, to] = [Math.min(last, threshold), Math.max(last, threshold)];
      const crossed = again ? tiles.filter(({ low, high }) => low < to && high >= from) : tiles;
      const changed = new Box();
      for (const { rect } of crossed) cut(masks, bit, plane, threshold, rect, changed);
      last = threshold;
      return changed.rect;
    },
  };
}

interface PlaneTile {
  rect: Rect;
  low: number; // probabilities in here, 0–255
  high: number;
}

function tilesOf({ width, height }: Masks, plane: Uint8Array): PlaneTile[] {
  const found: PlaneTile[] = [];
  for (let y0 = 0; y0 < height; y0 += TILE) {
    for (let x0 = 0; x0 < width; x0 += TILE) {
      const rect = { x0, y0, x1: Math.min(width, x0 + TILE), y1: Math.min(height, y0 + TILE) };
      let [low, high] = [255, 0];
      for (let y = y0; y < rect.y1; y++) {
        for (let at = y * width + x0; at < y * width + rect.x1; at++) {
          const p = plane[at]!;
          if (p < low) low = p;
          if (p > high) high = p;
        }
      }
      found.push({ rect, low, high });
    }
  }
  return found;
}

function cut(masks: Masks, bit: number, plane: Uint8Array, threshold: number, rect: Rect, changed: Box): void {
  const { bits, width } = masks;
  const on = 1 << bit;
  for (let y = rect.y0; y < rect.y1; y++) {
    const row = y * width;
    for (let x = rect.x0; x < rect.x1; x++) {
      const wanted = plane[row + x]! >= threshold ? on : 0;
      if ((bits[row + x]! & on) === wanted) continue;
      bits[row + x]! ^= on;
      changed.add(x, y);
    }
  }
}

/** The smallest rectangle around pixels; a pixel in the corner where there are none. */
class Box {
  private x0 = Number.POSITIVE_INFINITY;
  private y0 = Number.POSITIVE_INFINITY;
  private x1 = 0;
  private y1 = 0;

  add(x: number, y: number): void {
    if (x < this.x0) this.x0 = x;
    if (x >= this.x1) this.x1 = x + 1;
    if (y < this.y0) this.y0 = y;
    if (y >= this.y1) this.y1 = y + 1;
  }

  get rect(): Rect {
    const { x0, y0, x1, y1 } = this;
    return x1 ? { x0, y0, x1, y1 } : { x0: 0, y0: 0, x1: 1, y1: 1 };
  }
}

/** As the film's, of these pixels alone. */
export function lassoScope(masks: Masks, bit: number, inside: Int32Array): Scope {
  return insideScope(masks, bit, others(masks, bit, inside), inside);
}

function insideScope({ width, height }: Masks, bit: number, rest: Uint8Array, inside: Int32Array): Scope {
  return {
    kind: "lasso",
    keep: once(() => {
      const pixels = new Uint8Array(width * height);
      for (const at of inside) pixels[at] = 1;
      return {
        finding: bit,
        rest: encodeRle(rest, width, height, bit),
        inside: encodeRle(pixels, width, height, 0),
        seed: 0,
      };
    }),
    apply(now, plane, threshold, again) {
      const added = inside.filter((at) => plane[at]! >= threshold);
      return put(now, bit, rest, added, again ? inside : null);
    },
  };
}

/**
 * The region of the mask at a point gives way to what is joined to its most probable pixel at the threshold. Where the
 * mask has no region, one grows from the point itself.
 */
export function regionScope(masks: Masks, bit: number, plane: Uint8Array, x: number, y: number): Scope {
  const { width } = masks;
  const region = regionAt(masks, bit, x, y);
  const rest = others(masks, bit, region);
  const point = Math.floor(y) * width + Math.floor(x);
  const seed = region.reduce((best, at) => (plane[at]! > plane[best]! ? at : best), region[0] ?? point);
  return seededScope(masks, bit, rest, seed);
}

function seededScope({ width, height }: Masks, bit: number, rest: Uint8Array, seed: number): Scope {
  let last: Int32Array = new Int32Array(0); // what it added to the rest
  return {
    kind: "region",
    keep: once(() => ({ finding: bit, rest: encodeRle(rest, width, height, bit), inside: null, seed })),
    apply(now, current, threshold, again) {
      const added = flood(width, height, seed, (at) => current[at]! >= threshold);
      const changed = put(now, bit, rest, added, again ? last : null);
      last = added;
      return changed;
    },
  };
}

/** The scope of an earlier sitting. */
export function keptScope(masks: Masks, { finding, rest, inside, seed }: KeptScope): Scope {
  const { width, height } = masks;
  const plane = new Uint8Array(width * height);
  decodeRle(rest, plane, width, height, finding);
  if (!inside) return seededScope(masks, finding, plane, seed);
  const pixels = new Uint8Array(width * height);
  decodeRle(inside, pixels, width, height, 0);
  return insideScope(
    masks,
    finding,
    plane,
    Int32Array.from(pixels.keys()).filter((at) => pixels[at]),
  );
}

/** Told again without the work: a scope never changes. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** The bit as a plane of its own (0 or its value), without some pixels. */
function others(masks: Masks, bit: number, without: Int32Array): Uint8Array {
  const on = 1 << bit;
  const rest = masks.bits.map((value) => value & on);
  for (const at of without) rest[at] = 0;
  return rest;
}

/** The mask is the rest and what is added. ``before``: it was the rest and these; null: it may be anything. */
function put(masks: Masks, bit: number, rest: Uint8Array, added: Int32Array, before: Int32Array | null): Rect {
  const on = 1 << bit;
  const { bits, width } = masks;
  if (before) for (const at of before) bits[at] = (bits[at]! & ~on) | rest[at]!;
  else for (let i = 0; i < bits.length; i++) bits[i] = (bits[i]! & ~on) | rest[i]!;
  for (const at of added) bits[at]! |= on;
  if (!before) return whole(masks);
  const changed = new Box();
  for (const pixels of [before, added]) {
    for (const at of pixels) {
      const x = at % width;
      changed.add(x, (at - x) / width);
    }
  }
  return changed.rect;
}
