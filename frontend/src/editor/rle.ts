/** COCO compressed RLE: column-major runs, background first; deltas of two in 5-bit groups from '0'. As pycocotools. */

import { bounds } from "./mask";

export interface Rle {
  size: [number, number] | number[];
  counts: string;
}

/** Encode one bit of a row-major byte mask. */
export function encodeRle(bits: Uint8Array, width: number, height: number, bit: number): Rle {
  const runs: number[] = [];
  const inside = bounds({ width, height, bits }, bit) ?? { x0: 0, y0: 0, x1: 0, y1: 0 };
  let current = 0;
  let begun = 0; // where the run that is being counted began, in column-major order
  const turn = (at: number): void => {
    runs.push(at - begun);
    begun = at;
    current ^= 1;
  };
  // Only inside the mask's bounds, as columns are slow to walk along; a column below or above it is background.
  for (let x = inside.x0; x < inside.x1; x++) {
    for (let y = inside.y0; y < inside.y1; y++) {
      if (((bits[y * width + x]! >> bit) & 1) !== current) turn(x * height + y);
    }
    const goesOn = inside.y1 === height && inside.y0 === 0 && x + 1 < inside.x1; // into the next column's first pixel
    if (current && !goesOn && x * height + inside.y1 < width * height) turn(x * height + inside.y1);
  }
  runs.push(width * height - begun);
  return { size: [height, width], counts: runs.map((_, i) => group(delta(runs, i))).join("") };
}

/** Whether no pixel is in the mask. */
export function isEmptyRle(rle: Rle): boolean {
  return parseRuns(rle.counts).every((run, i) => i % 2 === 0 || run === 0);
}

/** The runs, background first, of a mask that fills its size. */
export function runsOf(rle: Rle): number[] {
  const runs = parseRuns(rle.counts);
  if (runs.reduce((a, b) => a + b, 0) !== rle.size[0]! * rle.size[1]!)
    throw new Error("The mask's runs do not fill it.");
  return runs;
}

/** Set one bit of a row-major byte mask from an RLE of exactly its size; the bit is cleared elsewhere. */
export function decodeRle(rle: Rle, bits: Uint8Array, width: number, height: number, bit: number): void {
  const on = 1 << bit;
  for (let i = 0; i < bits.length; i++) bits[i]! &= ~on;
  addRle(rle, bits, width, height, bit);
}

/** As ``decodeRle`` where the bit is set nowhere yet: nothing is cleared. */
export function addRle(rle: Rle, bits: Uint8Array, width: number, height: number, bit: number): void {
  if (rle.size[0] !== height || rle.size[1] !== width) {
    throw new Error(`The mask is ${rle.size[1]}×${rle.size[0]}, the film ${width}×${height}.`);
  }
  const runs = parseRuns(rle.counts);
  if (runs.reduce((a, b) => a + b, 0) !== width * height) throw new Error("The mask's runs do not fill the film.");
  const on = 1 << bit;
  let begun = 0;
  runs.forEach((run, i) => {
    // Column by column: a run that passes a column's end goes on at the top of the next.
    for (let at = begun; i % 2 && at < begun + run; ) {
      const x = Math.floor(at / height);
      const end = Math.min(begun + run, (x + 1) * height);
      const last = (end - 1 - x * height) * width + x;
      for (let pixel = (at - x * height) * width + x; pixel <= last; pixel += width) bits[pixel]! |= on;
      at = end;
    }
    begun += run;
  });
}

function delta(runs: number[], i: number): number {
  return i > 2 ? runs[i]! - runs[i - 2]! : runs[i]!;
}

function group(value: number): string {
  let text = "";
  let rest = value;
  for (;;) {
    const five = rest & 31;
    rest >>= 5;
    const more = five & 16 ? rest !== -1 : rest !== 0;
    text += String.fromCharCode((more ? five | 32 : five) + 48);
    if (!more) return text;
  }
}

function parseRuns(counts: string): number[] {
  const runs: number[] = [];
  let value = 0;
  let shift = 0;
  for (let i = 0; i < counts.length; i++) {
    const five = counts.charCodeAt(i) - 48;
    if (five < 0 || five > 63 || shift > 30) throw new Error("The mask's counts are not COCO RLE.");
    value |= (five & 31) << shift;
    shift += 5;
    if (five & 32) continue;
    if (five & 16 && shift < 32) value |= -1 << shift;
    const run = value + (runs.length > 2 ? runs[runs.length - 2]! : 0);
    if (run < 0) throw new Error("The mask's counts hold a negative run.");
    runs.push(run);
    value = 0;
    shift = 0;
  }
  return runs;
}
