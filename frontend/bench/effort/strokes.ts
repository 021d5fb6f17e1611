/** What a brush or a lasso could do next to bring a mask nearer to its truth: candidates, tried on a copy. */

import {
  createMasks,
  flood,
  type Masks,
  type Point,
  paintCapsule,
  paintLasso,
  type Rect,
  union,
} from "../../src/editor/mask";
import { dice, SIZE } from "./phantoms";

const RADII = [1, 1.5, 2.3, 3.4, 5, 7.5, 11];
const PLACES = 22;
const BENDS = 3; // a press of the brush goes on over this many stretches at most

export interface Stroke {
  path: Point[];
  radius: number;
  adds: boolean;
  dice: number;
}

function masksOf(pixels: Uint8Array): Masks {
  const masks = createMasks(SIZE, SIZE);
  masks.bits.set(pixels);
  return masks;
}

/** The pixels (0 or 1) where a stroke is needed: missing ones to add, surplus ones to take away; the largest region. */
export function largestError(mask: Uint8Array, truth: Uint8Array, adds: boolean): Int32Array {
  const wrong = mask.map((value, i) => (adds ? truth[i]! & ~value : value & ~truth[i]!) & 1);
  return regionsOf(wrong)[0] ?? new Int32Array(0);
}

/** 8-connected regions, the largest first. */
export function regionsOf(pixels: Uint8Array): Int32Array[] {
  const left = pixels.slice();
  const found: Int32Array[] = [];
  for (let i = 0; i < left.length; i++) {
    if (!left[i]) continue;
    const region = flood(SIZE, SIZE, i, (at) => left[at] === 1);
    for (const at of region) left[at] = 0;
    found.push(region);
  }
  return found.sort((a, b) => b.length - a.length);
}

export function pointAt(at: number): Point {
  return { x: (at % SIZE) + 0.5, y: Math.floor(at / SIZE) + 0.5 };
}

/** The best press of a brush (or eraser): of each size, the best stretch between places of the error, then its bends. */
export function bestStroke(mask: Uint8Array, truth: Uint8Array, adds: boolean, random: () => number): Stroke | null {
  const region = largestError(mask, truth, adds);
  if (!region.length) return null;
  const places = Array.from({ length: PLACES }, () => pointAt(region[Math.floor(random() * region.length)]!));
  let best: Stroke | null = null;
  for (const radius of RADII) {
    const mine = stretch(mask, truth, places, radius, adds);
    if (!best || mine.dice > best.dice) best = mine;
  }
  return best;
}

function stretch(mask: Uint8Array, truth: Uint8Array, places: Point[], radius: number, adds: boolean): Stroke {
  const count = new Counter(mask, truth);
  let best = { path: [places[0]!], gain: Number.NEGATIVE_INFINITY };
  for (const from of places) {
    for (const to of places) {
      if (to.x < from.x) continue; // there and back are the same stretch
      const gain = count.of([from, to], radius, adds);
      if (gain > best.gain) best = { path: [from, to], gain };
    }
  }
  for (let bend = 1; bend < BENDS; bend++) {
    const longer = places.map((to) => [...best.path, to]);
    const gains = longer.map((path) => count.of(path, radius, adds));
    const most = gains.indexOf(Math.max(...gains));
    if (gains[most]! <= best.gain) break;
    best = { path: longer[most]!, gain: gains[most]! };
  }
  return { path: best.path, radius, adds, dice: dice(after(mask, best.path, radius, adds), truth) };
}

/** How many pixels a stroke would mend, less those it would spoil. */
class Counter {
  private readonly scratch = createMasks(SIZE, SIZE);

  constructor(
    private readonly mask: Uint8Array,
    private readonly truth: Uint8Array,
  ) {}

  of(path: Point[], radius: number, adds: boolean): number {
    const { bits } = this.scratch;
    let gain = 0;
    let touched: Rect | null = null;
    const value = adds ? 1 : 0;
    for (let i = 1; i < path.length; i++) {
      const rect = paintCapsule(this.scratch, 0, path[i - 1]!, path[i]!, radius, true);
      if (!rect) continue;
      touched = union(touched, rect);
      for (let y = rect.y0; y < rect.y1; y++) {
        for (let at = y * SIZE + rect.x0; at < y * SIZE + rect.x1; at++) {
          if (bits[at] !== 1) continue;
          bits[at] = 2; // counted
          if (this.mask[at] !== value) gain += this.truth[at] === value ? 1 : -1;
        }
      }
    }
    for (let y = touched?.y0 ?? 0; touched && y < touched.y1; y++) {
      bits.fill(0, y * SIZE + touched.x0, y * SIZE + touched.x1);
    }
    return gain;
  }
}

function after(mask: Uint8Array, path: Point[], radius: number, adds: boolean): Uint8Array {
  const masks = masksOf(mask);
  for (let i = 1; i < path.length; i++) paintCapsule(masks, 0, path[i - 1]!, path[i]!, radius, adds);
  return masks.bits;
}

export interface Loop {
  path: Point[];
  adds: boolean;
  dice: number;
}

/** A lasso around the largest error, wide where nothing can be spoilt, along the truth's border where it can. */
export function bestLoop(mask: Uint8Array, truth: Uint8Array, adds: boolean): Loop | null {
  const error = new Uint8Array(SIZE * SIZE);
  for (const at of largestError(mask, truth, adds)) error[at] = 1;
  const allowed = widened(error, 3).map((value, i) => (value && truth[i] === (adds ? 1 : 0) ? 1 : 0));
  const path = border(allowed);
  if (path.length < 3) return null;
  const masks = masksOf(mask);
  paintLasso(masks, 0, path, adds);
  return { path, adds, dice: dice(masks.bits, truth) };
}

/** A loose loop around all that is wrong with the largest error, for a slider to act in. */
export function looseLoop(mask: Uint8Array, truth: Uint8Array): Point[] {
  const wrong = mask.map((value, i) => value ^ truth[i]!);
  const error = new Uint8Array(SIZE * SIZE);
  for (const at of regionsOf(wrong)[0] ?? []) error[at] = 1;
  return border(widened(error, 3));
}

function widened(pixels: Uint8Array, by: number): Uint8Array {
  const masks = createMasks(SIZE, SIZE);
  pixels.forEach((value, at) => {
    if (value) paintCapsule(masks, 0, pointAt(at), pointAt(at), by, true);
  });
  return masks.bits;
}

/** Around the largest region: its outermost pixels as a hand would follow them, every few pixels a point. */
function border(pixels: Uint8Array): Point[] {
  const inside = new Uint8Array(SIZE * SIZE);
  for (const at of regionsOf(pixels)[0] ?? []) inside[at] = 1;
  const start = inside.indexOf(1);
  if (start < 0) return [];
  const steps = [-SIZE, -SIZE + 1, 1, SIZE + 1, SIZE, SIZE - 1, -1, -SIZE - 1];
  const path: Point[] = [];
  let at = start;
  let heading = 6; // it was come upon from the left
  do {
    path.push(pointAt(at));
    const turn = [5, 6, 7, 8, 9, 10, 11, 12].find((t) => inside[at + steps[(heading + t) % 8]!]);
    if (turn === undefined) break;
    heading = (heading + turn) % 8;
    at += steps[heading]!;
  } while (at !== start && path.length < 4000);
  return path.filter((_, i) => i % 3 === 0);
}
