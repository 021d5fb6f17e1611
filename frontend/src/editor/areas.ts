/**
 * Of each finding: how many pixels its mask has, and whether it is another than the proposed one. The film is counted by
 * tiles, and a tile again only where its masks changed: a step of the slider costs what it changes.
 */

import type { Masks, Rect } from "./mask";

const TILE = 64;
const FINDINGS = [...Array(8).keys()];

export interface Tally {
  areas: number[];
  edited: boolean[];
}

export class Areas {
  private readonly across: number;
  private readonly areas: Uint32Array; // by tile and finding
  private readonly differ: Uint8Array; // by tile: bits of the findings whose masks are not as proposed
  private readonly stale: Uint8Array; // by tile
  private readonly totals = new Array<number>(8).fill(0);
  private readonly counts = new Uint32Array(256);

  constructor(
    private readonly masks: Masks,
    private readonly proposed: Masks,
  ) {
    this.across = Math.ceil(masks.width / TILE);
    const tiles = this.across * Math.ceil(masks.height / TILE);
    this.areas = new Uint32Array(tiles * 8);
    this.differ = new Uint8Array(tiles);
    this.stale = new Uint8Array(tiles).fill(1);
  }

  /** The masks may be others in here than when they were counted. */
  outdate({ x0, y0, x1, y1 }: Rect): void {
    for (let row = Math.floor(y0 / TILE); row * TILE < y1; row++) {
      this.stale.fill(1, row * this.across + Math.floor(x0 / TILE), row * this.across + Math.ceil(x1 / TILE));
    }
  }

  tally(): Tally {
    let differ = 0;
    for (let tile = 0; tile < this.stale.length; tile++) {
      if (this.stale[tile]) this.count(tile);
      differ |= this.differ[tile]!;
    }
    return { areas: [...this.totals], edited: FINDINGS.map((bit) => Boolean(differ & (1 << bit))) };
  }

  private count(tile: number): void {
    const { width, height, bits } = this.masks;
    const { counts, areas } = this;
    const proposed = this.proposed.bits;
    const [x0, y0] = [(tile % this.across) * TILE, Math.floor(tile / this.across) * TILE];
    const [x1, y1] = [Math.min(width, x0 + TILE), Math.min(height, y0 + TILE)];
    let differ = 0;
    counts.fill(0);
    for (let y = y0; y < y1; y++) {
      for (let at = y * width + x0, end = y * width + x1; at < end; at++) {
        const value = bits[at]!;
        differ |= value ^ proposed[at]!;
        if (value) counts[value]!++; // most of a film is in no mask
      }
    }
    this.differ[tile] = differ;
    this.stale[tile] = 0;
    for (const bit of FINDINGS) {
      let area = 0;
      for (let value = 1; value < 256; value++) if (value & (1 << bit)) area += counts[value]!;
      this.totals[bit]! += area - areas[tile * 8 + bit]!;
      areas[tile * 8 + bit] = area;
    }
  }
}
