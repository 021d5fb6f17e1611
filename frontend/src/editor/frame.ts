/** A frame of one pane, or the part of it that changed: film, masks, and the pointer on top. */

import { contour } from "./contour";
import type { Point, Rect } from "./mask";
import type { Boxed } from "./overlay";
import type { Pane } from "./pane";
import type { Scene } from "./renderer";
import { decodeRle, type Rle } from "./rle";
import { toScreen } from "./view";

/** What is drawn where the pointer is: the brush as a ring of its true size, the lasso as its path. */
export interface Cursor {
  at: Point | null;
  radius: number;
  path: readonly Point[];
}

/** What lies over film and masks: boxes, and another's mask (``beside``, in the film's coordinates). */
export interface Above {
  boxed: readonly Boxed[];
  beside: Path2D | null;
}

export function paintFrame(
  pane: Pane,
  scene: Scene | null,
  { boxed, beside }: Above,
  cursor: Cursor,
  part: Rect | null,
): void {
  const { context, view, screen, moving } = pane;
  context.save();
  if (part) {
    context.beginPath();
    context.rect(part.x0, part.y0, part.x1 - part.x0, part.y1 - part.y0);
    context.clip();
  }
  pane.plate.paint(context, { view, screen, part, moving }, scene);
  for (const one of boxed) drawBoxes(pane, one);
  if (beside) drawBeside(context, pane, beside);
  drawCursor(pane, cursor);
  context.restore();
}

/** A mask's outline in the film's coordinates. */
export function outlineOf(rle: Rle): Path2D {
  const [height, width] = [rle.size[0]!, rle.size[1]!];
  const bits = new Uint8Array(width * height);
  decodeRle(rle, bits, width, height, 0);
  return new Path2D(contour(bits, width, height));
}

/** Thin rectangles along the edges of the outermost pixels, outside the outline. */
function drawBoxes({ context, view, screen }: Pane, { color, boxes }: Boxed): void {
  context.beginPath();
  for (const { x, y, width, height } of boxes) {
    const from = toScreen(view, screen, { x, y });
    const to = toScreen(view, screen, { x: x + width, y: y + height });
    const [left, top] = [Math.round(from.x) - 2.5, Math.round(from.y) - 2.5];
    context.rect(left, top, Math.round(to.x) + 2.5 - left, Math.round(to.y) + 2.5 - top);
  }
  context.strokeStyle = `rgb(${color.join(" ")} / 0.8)`;
  context.lineWidth = 1;
  context.stroke();
}

/** A broken line, dark beneath light: told from every finding's own line by eye. */
function drawBeside(context: CanvasRenderingContext2D, { view, screen }: Pane, path: Path2D): void {
  const corner = toScreen(view, screen, { x: 0, y: 0 });
  context.setTransform(view.scale, 0, 0, view.scale, corner.x, corner.y);
  for (const [style, width] of [
    ["rgba(0,0,0,0.7)", 3],
    ["rgba(255,255,255,0.95)", 1.5],
  ] as const) {
    context.strokeStyle = style;
    context.lineWidth = width / view.scale;
    context.setLineDash([6 / view.scale, 5 / view.scale]);
    context.stroke(path);
  }
  context.setLineDash([]);
  context.setTransform(1, 0, 0, 1, 0, 0);
}

function drawCursor({ context, view, screen }: Pane, { at, radius, path }: Cursor): void {
  context.beginPath();
  for (const point of path) {
    const { x, y } = toScreen(view, screen, point);
    context.lineTo(x, y);
  }
  if (at) {
    const { x, y } = toScreen(view, screen, at);
    const r = Math.max(1, radius * view.scale);
    context.moveTo(x + r, y);
    context.arc(x, y, r, 0, 2 * Math.PI);
  }
  // Dark beneath light: seen on bone and on air alike.
  for (const [style, width] of [
    ["rgba(0,0,0,0.7)", 3],
    ["rgba(255,255,255,0.95)", 1],
  ] as const) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.stroke();
  }
}

/** Where the brush's ring lies on the screen. */
export function ringOf(pane: Pane, at: Point | null, radius: number): Rect | null {
  if (!at) return null;
  const r = radius + 1 / pane.view.scale;
  return pane.onScreen({ x0: at.x - r, y0: at.y - r, x1: at.x + r, y1: at.y + r });
}
