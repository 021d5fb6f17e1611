/** Of how many straight stretches a hand's path is. */

import type { Point } from "../../src/editor/mask";

export function distance(a: Point, b: Point): number {
  return Math.hypot(b.x - a.x, b.y - a.y);
}

/** The corners of a path, none of whose points is further than this from it (Ramer, 1972; Douglas & Peucker, 1973). */
export function straightened(path: readonly Point[], slack: number): Point[] {
  const [first, last] = [path[0], path.at(-1)];
  if (!first || !last || path.length < 3) return [...path];
  const off = path.map((point) => beside(point, first, last));
  const worst = Math.max(...off);
  if (worst <= slack) return [first, last];
  const at = off.indexOf(worst);
  return [...straightened(path.slice(0, at + 1), slack).slice(0, -1), ...straightened(path.slice(at), slack)];
}

/** How far a point is from the stretch between two others. */
function beside(point: Point, from: Point, to: Point): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const along = ((point.x - from.x) * dx + (point.y - from.y) * dy) / (dx * dx + dy * dy || 1);
  const share = Math.min(1, Math.max(0, along));
  return distance(point, { x: from.x + share * dx, y: from.y + share * dy });
}
