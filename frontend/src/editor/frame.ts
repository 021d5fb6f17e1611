/** A frame of one pane, or the part of it that changed: film, masks, and the pointer on top. */

import type { Point, Rect } from "./mask";
import type { Overlay } from "./overlay";
import type { Pane } from "./pane";
import { drawPointer } from "./render2d";

/** What is drawn where the pointer is: the brush as a ring, the lasso as its path. */
export interface Cursor {
  at: Point | null;
  radius: number;
  path: readonly Point[];
}

export function paintFrame(canvas: HTMLCanvasElement, pane: Pane, overlay: Overlay, cursor: Cursor, part: Rect | null) {
  const { view, screen, renderer, moving } = pane;
  const context = canvas.getContext("2d", { alpha: false })!;
  context.save();
  if (part) {
    context.beginPath();
    context.rect(part.x0, part.y0, part.x1 - part.x0, part.y1 - part.y0);
    context.clip();
  }
  renderer.paint({ view, screen, part, moving }, overlay.shown, overlay.look(), !overlay.hidden);
  drawPointer(canvas, view, screen, cursor.path, cursor.at, cursor.radius);
  context.restore();
}

/** Where the brush's ring lies on the screen. */
export function ringOf(pane: Pane, at: Point | null, radius: number): Rect | null {
  if (!at) return null;
  const r = radius + 1 / pane.view.scale;
  return pane.onScreen({ x0: at.x - r, y0: at.y - r, x1: at.x + r, y1: at.y + r });
}
