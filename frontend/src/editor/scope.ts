/** Where the probability slider acts: the whole film, inside a lasso, or the region at a point. The rest stays. */

import { flood, type Masks, type Rect, regionAt, whole } from "./mask";
import { decodeRle, encodeRle, type Rle } from "./rle";

export interface Scope {
  kind: "film" | "lasso" | "region";
  /** Set the bit as the threshold (1–255) says, from the mask as it was when the scope was chosen; where it changed. */
  apply(masks: Masks, plane: Uint8Array, threshold: number): Rect;
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

/** The bit is set where P reaches the threshold, and nowhere else. */
export function filmScope(bit: number): Scope {
  return {
    kind: "film",
    keep: () => null,
    apply(masks, plane, threshold) {
      const on = 1 << bit;
      const { bits, width, height } = masks;
      const rect = { x0: width, y0: height, x1: 0, y1: 0 };
      for (let y = 0, at = 0; y < height; y++) {
        for (let x = 0; x < width; x++, at++) {
          if (plane[at]! >= threshold === Boolean(bits[at]! & on)) continue;
          bits[at]! ^= on;
          rect.x0 = Math.min(rect.x0, x);
          rect.x1 = Math.max(rect.x1, x + 1);
          rect.y0 = Math.min(rect.y0, y);
          rect.y1 = y + 1;
        }
      }
      return rect.x1 ? rect : { x0: 0, y0: 0, x1: 1, y1: 1 };
    },
  };
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
    apply(now, plane, threshold) {
      return put(
        now,
        bit,
        rest,
        inside.filter((at) => plane[at]! >= threshold),
      );
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
  return {
    kind: "region",
    keep: once(() => ({ finding: bit, rest: encodeRle(rest, width, height, bit), inside: null, seed })),
    apply(now, current, threshold) {
      return put(
        now,
        bit,
        rest,
        flood(width, height, seed, (at) => current[at]! >= threshold),
      );
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

function put(masks: Masks, bit: number, rest: Uint8Array, added: Int32Array): Rect {
  const on = 1 << bit;
  const { bits } = masks;
  for (let i = 0; i < bits.length; i++) bits[i] = (bits[i]! & ~on) | rest[i]!;
  for (const at of added) bits[at]! |= on;
  return whole(masks);
}
