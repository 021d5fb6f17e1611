/** Window and level: from raw 8- or 16-bit values to the screen's greys. */

import type { Film } from "./film";

export interface Window {
  low: number;
  high: number;
  invert: boolean;
}

/** The 1st to the 99th percentile. */
export function autoWindow(film: Film): Window {
  const counts = new Uint32Array(film.data instanceof Uint8Array ? 256 : 65536);
  for (const value of film.data) counts[value]!++;
  const percentile = (share: number): number => {
    let left = share * film.data.length;
    for (let value = 0; value < counts.length; value++) {
      left -= counts[value]!;
      if (left <= 0) return value;
    }
    return counts.length - 1;
  };
  const low = percentile(0.01);
  return { low, high: Math.max(low + 1, percentile(0.99)), invert: false };
}

/** A grey for every value the film can have. */
export function lookUp(window: Window, values: number): Uint8ClampedArray {
  const table = new Uint8ClampedArray(values);
  const gain = 255 / Math.max(1, window.high - window.low);
  for (let value = 0; value < values; value++) {
    const grey = (value - window.low) * gain;
    table[value] = window.invert ? 255 - Math.min(255, Math.max(0, grey)) : grey;
  }
  return table;
}

/** Right-drag: sideways changes contrast, up and down brightness; a whole screen is the whole range. */
export function dragWindow(window: Window, dx: number, dy: number, range: number): Window {
  const middle = (window.low + window.high) / 2 + dy * range;
  const width = Math.max(range / 512, window.high - window.low + dx * range);
  return { ...window, low: middle - width / 2, high: middle + width / 2 };
}
