/** The border between mask and not-mask along pixel edges, kept by tiles: a stroke traces its own tiles anew, no more. */

import type { Masks, Rect } from "./mask";
import type { Size } from "./view";

const TILE = 128;

type Visit = (bit: number, x0: number, y0: number, x1: number, y1: number) => void;

/** Every edge inside a rectangle of pixel corners, by finding; those along a row come in one piece. */
export function forEdges(masks: Masks, rect: Rect, visit: Visit): void {
  if (!isPlain(masks, rect)) walk(masks, rect, visit);
}

function walk({ width, height, bits }: Masks, rect: Rect, visit: Visit): void {
  const begun = new Int32Array(8);
  const turn = (flips: number, top: number, x: number, y: number): void => {
    for (let bit = 0; flips >> bit; bit++) {
      if (!(flips & (1 << bit))) continue;
      if (top & (1 << bit)) begun[bit] = x;
      else visit(bit, begun[bit]!, y, x, y);
    }
  };
  for (let y = rect.y0; y < rect.y1; y++) {
    const row = y * width;
    let before = rect.x0 > 0 && y < height ? bits[row + rect.x0 - 1]! : 0;
    let open = 0;
    for (let x = rect.x0; x < rect.x1; x++) {
      const here = x < width && y < height ? bits[row + x]! : 0;
      const top = here ^ (y > 0 && x < width ? bits[row - width + x]! : 0);
      if (top !== open) {
        turn(top ^ open, top, x, y);
        open = top;
      }
      const side = here ^ before;
      for (let bit = 0; side >> bit; bit++) if (side & (1 << bit)) visit(bit, x, y, x, y + 1);
      before = here;
    }
    turn(open, 0, rect.x1, y);
  }
}

/** Whether all pixels whose edges lie in a rectangle are alike, as in nearly every tile of a film. */
function isPlain({ width, height, bits }: Masks, rect: Rect): boolean {
  if (rect.x1 > width || rect.y1 > height || rect.x0 === 0 || rect.y0 === 0) return false; // beyond a film is no mask
  const first = bits[rect.y0 * width + rect.x0]!;
  for (let y = rect.y0 - 1; y < rect.y1; y++) {
    for (let at = y * width + rect.x0 - 1, end = y * width + rect.x1; at < end; at++) {
      if (bits[at] !== first) return false;
    }
  }
  return true;
}

/** What was traced of the masks, by tiles of the film. */
export class Tiles<T> {
  private readonly across: number;
  private readonly tiles: (T | null)[];

  /** ``trace`` takes the masks and the pixel corners of a tile; ``drop`` is given what is not needed any more. */
  constructor(
    private readonly film: Size,
    private readonly trace: (masks: Masks, corners: Rect) => T,
    private readonly drop: (traced: T) => void = () => undefined,
  ) {
    this.across = Math.ceil((film.width + 1) / TILE);
    this.tiles = new Array(this.across * Math.ceil((film.height + 1) / TILE)).fill(null);
  }

  /** The masks differ in here from what was traced. */
  forget(rect: Rect): void {
    this.forTiles(rect, (tile) => {
      const traced = this.tiles[tile];
      if (traced) this.drop(traced);
      this.tiles[tile] = null;
    });
  }

  /** What lies in this part of the film, in the film's coordinates. */
  inside(masks: Masks, rect: Rect): T[] {
    const found: T[] = [];
    this.forTiles(rect, (tile, x0, y0) => {
      const [x1, y1] = [Math.min(x0 + TILE, this.film.width + 1), Math.min(y0 + TILE, this.film.height + 1)];
      const traced = this.tiles[tile] ?? this.trace(masks, { x0, y0, x1, y1 });
      this.tiles[tile] = traced;
      found.push(traced);
    });
    return found;
  }

  /** The tiles that a rectangle of pixels, or an edge of one of them, lies in. */
  private forTiles(rect: Rect, visit: (tile: number, x: number, y: number) => void): void {
    const x1 = Math.min(this.film.width, rect.x1);
    const y1 = Math.min(this.film.height, rect.y1);
    for (let ty = Math.max(0, Math.floor(rect.y0 / TILE)); ty * TILE <= y1; ty++) {
      for (let tx = Math.max(0, Math.floor(rect.x0 / TILE)); tx * TILE <= x1; tx++) {
        visit(ty * this.across + tx, tx * TILE, ty * TILE);
      }
    }
  }
}
