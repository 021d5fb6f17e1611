/** Tools: small state machines on film coordinates (down, move, up, cancel). They paint; the editor keeps history. */

import type { Film } from "./film";
import { type Gate, type Masks, type Point, paintCapsule, paintLasso, type Rect, union } from "./mask";
import type { Window } from "./window";

export interface Stroke {
  /** Continue to a point; answers with what it painted now. */
  move(point: Point): Rect | null;
  /** End; answers with everything the gesture changed. */
  end(): Rect | null;
  /** What to draw over the film while the gesture lasts. */
  readonly path: readonly Point[];
}

/** Brush or eraser: paints as it goes, behind a gate only where that says so. */
export function brush(
  masks: Masks,
  bit: number,
  start: Point,
  radius: number,
  value: boolean,
  gate?: Gate,
): Stroke & { readonly first: Rect | null } {
  let last = start;
  const first = paintCapsule(masks, bit, start, start, radius, value, gate);
  let total = first;
  return {
    first,
    path: [],
    move(point) {
      const rect = paintCapsule(masks, bit, last, point, radius, value, gate);
      last = point;
      total = union(total, rect);
      return rect;
    },
    end: () => total,
  };
}

/** Lasso: collects its outline, fills at the end. */
export function lasso(masks: Masks, bit: number, start: Point, value: boolean): Stroke {
  return outline(start, (path) => paintLasso(masks, bit, path, value));
}

/** A closed outline that is handed on when it ends. */
export function outline(start: Point, close: (path: Point[]) => Rect | null): Stroke {
  const path: Point[] = [start];
  return {
    path,
    move(point) {
      path.push(point);
      return null;
    },
    end: () => close(path),
  };
}

/**
 * The greys like those under the pointer: within an eighth of the window of the median of 5 × 5 pixels there. What
 * looks alike on the screen is alike.
 */
export function greysLike(film: Film, window: Window, at: Point): Gate {
  const { width, height, data } = film;
  const greys: number[] = [];
  for (let y = Math.floor(at.y) - 2; y <= at.y + 2; y++) {
    for (let x = Math.floor(at.x) - 2; x <= at.x + 2; x++) {
      if (x >= 0 && y >= 0 && x < width && y < height) greys.push(data[y * width + x]!);
    }
  }
  greys.sort((a, b) => a - b);
  const middle = greys[greys.length >> 1] ?? 0;
  const reach = (window.high - window.low) / 8;
  return (pixel) => Math.abs(data[pixel]! - middle) <= reach;
}
