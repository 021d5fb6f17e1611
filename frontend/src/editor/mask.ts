/** The document: one byte a pixel, one bit a finding. The canvas only shows it; no mask is ever read back from one. */

export interface Rect {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

export interface Point {
  x: number;
  y: number;
}

export interface Masks {
  readonly width: number;
  readonly height: number;
  readonly bits: Uint8Array;
}

export function createMasks(width: number, height: number): Masks {
  return { width, height, bits: new Uint8Array(width * height) };
}

/** A rectangle inside the film; x1 and y1 are exclusive. Null when nothing of it is inside. */
export function clip(masks: Masks, x0: number, y0: number, x1: number, y1: number): Rect | null {
  const rect = {
    x0: Math.max(0, Math.floor(x0)),
    y0: Math.max(0, Math.floor(y0)),
    x1: Math.min(masks.width, Math.ceil(x1)),
    y1: Math.min(masks.height, Math.ceil(y1)),
  };
  return rect.x0 < rect.x1 && rect.y0 < rect.y1 ? rect : null;
}

export function union(a: Rect | null, b: Rect | null): Rect | null {
  if (!a || !b) return a ?? b;
  return { x0: Math.min(a.x0, b.x0), y0: Math.min(a.y0, b.y0), x1: Math.max(a.x1, b.x1), y1: Math.max(a.y1, b.y1) };
}

export function whole(masks: Masks): Rect {
  return { x0: 0, y0: 0, x1: masks.width, y1: masks.height };
}

function set(masks: Masks, at: number, on: number, value: boolean): void {
  if (value) masks.bits[at]! |= on;
  else masks.bits[at]! &= ~on;
}

/** Whether a stroke may mark this pixel (its index). */
export type Gate = (at: number) => boolean;

/** A stroke from a to b: every pixel whose centre lies within the radius of the segment, so no speed leaves gaps. */
export function paintCapsule(
  masks: Masks,
  bit: number,
  a: Point,
  b: Point,
  radius: number,
  value: boolean,
  gate?: Gate,
): Rect | null {
  const r = Math.max(radius, 0.71); // the smallest brush still marks the pixel under it, wherever its centre is
  const rect = clip(
    masks,
    Math.min(a.x, b.x) - r,
    Math.min(a.y, b.y) - r,
    Math.max(a.x, b.x) + r + 1,
    Math.max(a.y, b.y) + r + 1,
  );
  if (!rect) return null;
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const length = dx * dx + dy * dy;
  for (let y = rect.y0; y < rect.y1; y++) {
    for (let x = rect.x0; x < rect.x1; x++) {
      const px = x + 0.5 - a.x;
      const py = y + 0.5 - a.y;
      const t = length ? Math.min(1, Math.max(0, (px * dx + py * dy) / length)) : 0;
      const ex = px - t * dx;
      const ey = py - t * dy;
      const at = y * masks.width + x;
      if (ex * ex + ey * ey <= r * r && (!gate || gate(at))) set(masks, at, 1 << bit, value);
    }
  }
  return rect;
}

/** Even-odd inside of a closed polygon, by pixel centres. */
export function paintLasso(masks: Masks, bit: number, points: Point[], value: boolean): Rect | null {
  const inside = lassoRows(masks, points);
  if (!inside) return null;
  forSpans(inside.spans, (y, x) => set(masks, y * masks.width + x, 1 << bit, value));
  return inside.rect;
}

/** The even-odd inside of a closed polygon, as pixel indices. */
export function lassoPixels(masks: Masks, points: Point[]): Int32Array {
  const found: number[] = [];
  forSpans(lassoRows(masks, points)?.spans ?? [], (y, x) => found.push(y * masks.width + x));
  return Int32Array.from(found);
}

interface Spans {
  y: number;
  x0: number;
  x1: number;
}

function forSpans(spans: Spans[], visit: (y: number, x: number) => void): void {
  for (const span of spans) for (let x = span.x0; x < span.x1; x++) visit(span.y, x);
}

function lassoRows(masks: Masks, points: Point[]): { rect: Rect; spans: Spans[] } | null {
  if (points.length < 3) return null;
  const xs = points.map((p) => p.x);
  const ys = points.map((p) => p.y);
  const rect = clip(masks, Math.min(...xs), Math.min(...ys), Math.max(...xs) + 1, Math.max(...ys) + 1);
  if (!rect) return null;
  const spans: Spans[] = [];
  for (let y = rect.y0; y < rect.y1; y++) {
    const crossings: number[] = [];
    for (let i = 0; i < points.length; i++) {
      const a = points[i]!;
      const b = points[(i + 1) % points.length]!;
      const cy = y + 0.5;
      if (a.y <= cy !== b.y <= cy) crossings.push(a.x + ((cy - a.y) / (b.y - a.y)) * (b.x - a.x));
    }
    crossings.sort((p, q) => p - q);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const x0 = Math.max(rect.x0, Math.ceil(crossings[i]! - 0.5));
      const x1 = Math.min(rect.x1, Math.ceil(crossings[i + 1]! - 0.5));
      if (x0 < x1) spans.push({ y, x0, x1 });
    }
  }
  return { rect, spans };
}

/** The 8-connected region of a bit that holds this pixel, as pixel indices; empty where the bit is not set. */
export function regionAt(masks: Masks, bit: number, x: number, y: number): Int32Array {
  const { width, height, bits } = masks;
  const on = 1 << bit;
  if (x < 0 || y < 0 || x >= width || y >= height) return new Int32Array(0);
  return flood(width, height, Math.floor(y) * width + Math.floor(x), (at) => (bits[at]! & on) !== 0);
}

/** The 8-connected pixels that are in, from a pixel on; empty where that one is out. Taken by whole stretches of a row. */
export function flood(width: number, height: number, start: number, isIn: Gate): Int32Array {
  const seen = new Uint8Array(width * height);
  const found: number[] = [];
  const begun = [start];
  const begin = (from: number, to: number): void => {
    let within = false; // a stretch of which one pixel is enough: the rest is taken with it
    for (let next = from; next <= to; next++) {
      const known = seen[next] === 1;
      const here = known || isIn(next);
      if (here && !known && !within) begun.push(next);
      within = here;
    }
  };
  while (begun.length) {
    const at = begun.pop()!;
    if (seen[at] || !isIn(at)) continue;
    const row = at - (at % width);
    let [first, last] = [at, at];
    while (first > row && isIn(first - 1)) first--;
    while (last < row + width - 1 && isIn(last + 1)) last++;
    for (let pixel = first; pixel <= last; pixel++) {
      seen[pixel] = 1;
      found.push(pixel);
    }
    const [left, right] = [Math.max(row, first - 1) - row, Math.min(row + width - 1, last + 1) - row];
    for (const beside of [row - width, row + width]) {
      if (beside >= 0 && beside < width * height) begin(beside + left, beside + right);
    }
  }
  return new Int32Array(found);
}

/** The smallest rectangle around a bit; null for an empty mask. */
export function bounds(masks: Masks, bit: number): Rect | null {
  const { width, height, bits } = masks;
  const on = 1 << bit;
  let [x0, y0, x1, y1] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!(bits[y * width + x]! & on)) continue;
      x0 = Math.min(x0, x);
      x1 = Math.max(x1, x + 1);
      y0 = Math.min(y0, y);
      y1 = y + 1;
    }
  }
  return x1 > x0 ? { x0, y0, x1, y1 } : null;
}

/** Two masks beside each other: bit 0 is what was added to ``before``, bit 1 what was taken away. */
export function difference(before: Masks, after: Masks, bit: number): Masks {
  const told = createMasks(after.width, after.height);
  for (let i = 0; i < told.bits.length; i++) {
    const was = (before.bits[i]! >> bit) & 1;
    const is = (after.bits[i]! >> bit) & 1;
    if (was !== is) told.bits[i] = is ? 1 : 2;
  }
  return told;
}

/** Delete the region under the pixel, or keep it alone. */
export function cutRegion(masks: Masks, bit: number, x: number, y: number, keep: boolean): Rect | null {
  const region = regionAt(masks, bit, x, y);
  if (!region.length) return null;
  const on = 1 << bit;
  if (keep) for (let i = 0; i < masks.bits.length; i++) masks.bits[i]! &= ~on;
  for (const at of region) set(masks, at, on, keep);
  return whole(masks);
}

/** Fill what the mask encloses: background that no path of 4-connected background joins to the film's edge. */
export function fillHoles(masks: Masks, bit: number): Rect {
  const { width, height, bits } = masks;
  const on = 1 << bit;
  const outside = new Uint8Array(bits.length);
  const stack: number[] = [];
  const visit = (at: number): void => {
    if (!outside[at] && !(bits[at]! & on)) {
      outside[at] = 1;
      stack.push(at);
    }
  };
  for (let x = 0; x < width; x++) {
    visit(x);
    visit((height - 1) * width + x);
  }
  for (let y = 0; y < height; y++) {
    visit(y * width);
    visit(y * width + width - 1);
  }
  while (stack.length) {
    const at = stack.pop()!;
    const x = at % width;
    if (x > 0) visit(at - 1);
    if (x < width - 1) visit(at + 1);
    if (at >= width) visit(at - width);
    if (at < bits.length - width) visit(at + width);
  }
  for (let i = 0; i < bits.length; i++) if (!outside[i]) bits[i]! |= on;
  return whole(masks);
}

/** Grow (or shrink) the bit by one pixel in its eight directions. */
export function grow(masks: Masks, bit: number, outward: boolean): Rect {
  const { width, height, bits } = masks;
  const on = 1 << bit;
  const before = Uint8Array.from(bits, (value) => (value & on ? 1 : 0));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      if (Boolean(before[at]) === outward) continue;
      if (touches(before, width, height, x, y, outward ? 1 : 0)) set(masks, at, on, outward);
    }
  }
  return whole(masks);
}

function touches(field: Uint8Array, width: number, height: number, x: number, y: number, value: number): boolean {
  for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
    for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
      if (field[ny * width + nx] === value) return true;
    }
  }
  return false;
}

export function clear(masks: Masks, bit: number): Rect {
  const on = 1 << bit;
  for (let i = 0; i < masks.bits.length; i++) masks.bits[i]! &= ~on;
  return whole(masks);
}
