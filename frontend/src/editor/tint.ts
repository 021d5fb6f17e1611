/** Colours of a byte a pixel: masks by the findings that a byte holds, doubt by how much there is. */

import type { Look } from "./renderer";

const FILL = 0.32;
const ROSE = 0x00d28cff; // as blue, green, red

/** A colour for each of the 256 combinations of findings: the mean of the colours of those that are shown. */
export function maskTable({ colors, visible, ghosts }: Look): Uint32Array {
  const shown = visible & ~ghosts;
  const table = new Uint32Array(256);
  for (let value = 1; value < 256; value++) {
    const chosen = colors.filter((_, bit) => value & shown & (1 << bit));
    if (!chosen.length) continue;
    const mean = (channel: 0 | 1 | 2): number =>
      Math.round(chosen.reduce((sum, color) => sum + color[channel], 0) / chosen.length);
    table[value] = ((Math.round(FILL * 255) << 24) | (mean(2) << 16) | (mean(1) << 8) | mean(0)) >>> 0;
  }
  return table;
}

/** The more doubt (0–255), the more rose. */
export const DOUBT = Uint32Array.from({ length: 256 }, (_, doubt) => ((Math.round(doubt * 0.75) << 24) | ROSE) >>> 0);
