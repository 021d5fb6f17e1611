/** Words beside what is drawn on a sheet: each above its corner, and none over another. */

import type { Point } from "./mask";

export interface Note {
  text: string;
  at: Point; // the upper left corner of what it is said of
}

interface Placed extends Point {
  width: number;
}

/** Where notes of these widths and one height go on a screen: above their corners, below those where the screen ends,
 *  and further down until there is room. */
export function layOut(corners: readonly Placed[], height: number): Point[] {
  const laid: Placed[] = [];
  for (const { x, y, width } of corners) {
    let top = y >= 0 && y < height ? y : y - height;
    const free = (): boolean =>
      laid.every((one) => Math.abs(one.y - top) >= height || x >= one.x + one.width || one.x >= x + width);
    while (!free()) top += height;
    laid.push({ x, y: top, width });
  }
  return laid.map(({ x, y }) => ({ x, y }));
}

/** Draw notes whose corners are given on the screen, light on dark. */
export function drawNotes(context: CanvasRenderingContext2D, notes: Note[], size: number): void {
  const height = size * 1.4;
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.font = `${size}px sans-serif`;
  context.textBaseline = "middle";
  const corners = notes.map(({ text, at }) => ({ ...at, width: context.measureText(text).width + size * 0.6 }));
  for (const [i, { x, y }] of layOut(corners, height).entries()) {
    context.fillStyle = "rgb(5 6 7 / 75%)";
    context.fillRect(x, y, corners[i]!.width, height);
    context.fillStyle = "#e6e8ea";
    context.fillText(notes[i]!.text, x + size * 0.3, y + height / 2);
  }
}
