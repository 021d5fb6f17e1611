/** Tools: small state machines on film coordinates (down, move, up, cancel). They paint; the editor keeps history. */

import { type Masks, type Point, paintCapsule, paintLasso, type Rect, union } from "./mask";

export interface Stroke {
  /** Continue to a point; answers with what it painted now. */
  move(point: Point): Rect | null;
  /** End; answers with everything the gesture changed. */
  end(): Rect | null;
  /** What to draw over the film while the gesture lasts. */
  readonly path: readonly Point[];
}

/** Brush or eraser: paints as it goes. */
export function brush(masks: Masks, bit: number, start: Point, radius: number, value: boolean): Stroke {
  let last = start;
  let total = paintCapsule(masks, bit, start, start, radius, value);
  return {
    path: [],
    move(point) {
      const rect = paintCapsule(masks, bit, last, point, radius, value);
      last = point;
      total = union(total, rect);
      return rect;
    },
    end: () => total,
  };
}

/** Lasso: collects its outline, fills at the end. */
export function lasso(masks: Masks, bit: number, start: Point, value: boolean): Stroke {
  const path: Point[] = [start];
  return {
    path,
    move(point) {
      path.push(point);
      return null;
    },
    end: () => paintLasso(masks, bit, path, value),
  };
}
