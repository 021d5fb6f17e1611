/** The border between mask and not-mask along pixel edges, kept by tiles: a stroke traces its own tiles anew, no more. */

import type { Masks, Rect } from "./mask";
import type { Size } from "./view";

const TILE = 128;

/** Every edge inside a rectangle of pixel corners, by finding; those along a row come in one piece. */
export function forEdges(
  { width, height, bits }: Masks,
  rect: Rect,
  visit: (bit: number, x0: number, y0: number, x1: number, y1: number) => void,
): void {
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

export class Outlines {
  private readonly across: number;
  private readonly tiles: ((Path2D | undefined)[] | null)[];

  constructor(private readonly film: Size) {
    this.across = Math.ceil((film.width + 1) / TILE);
    this.tiles = new Array(this.across * Math.ceil((film.height + 1) / TILE)).fill(null);
  }

  /** The masks differ in here from what was traced. */
  forget(rect: Rect): void {
    this.forTiles(rect, (tile) => {
      this.tiles[tile] = null;
    });
  }

  /** The outlines of a finding that lie in this part of the film, in the film's coordinates. */
  inside(masks: Masks, rect: Rect, bit: number): Path2D[] {
    const found: Path2D[] = [];
    this.forTiles(rect, (tile, x, y) => {
      this.tiles[tile] ??= this.trace(masks, x, y);
      const path = this.tiles[tile][bit];
      if (path) found.push(path);
    });
    return found;
  }

  private trace(masks: Masks, x: number, y: number): (Path2D | undefined)[] {
    const paths: (Path2D | undefined)[] = [];
    const rect = {
      x0: x,
      y0: y,
      x1: Math.min(x + TILE, this.film.width + 1),
      y1: Math.min(y + TILE, this.film.height + 1),
    };
    forEdges(masks, rect, (bit, x0, y0, x1, y1) => {
      paths[bit] ??= new Path2D();
      paths[bit].moveTo(x0, y0);
      paths[bit].lineTo(x1, y1);
    });
    return paths;
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
