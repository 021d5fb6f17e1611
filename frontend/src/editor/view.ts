/** From film to screen: a scale (screen pixels a film pixel) and the film's point at the screen's centre. */

import type { Point, Rect } from "./mask";

export interface View {
  scale: number;
  cx: number;
  cy: number;
}

export interface Size {
  width: number;
  height: number;
}

/** The room around a film. */
export const NOWHERE = "#050607";
/** Up to this scale a film is smoothed; beyond it one wants to see the detector's pixels. */
export const SMOOTH = 16;

export function wholeOf({ width, height }: Size): Rect {
  return { x0: 0, y0: 0, x1: width, y1: height };
}

export function fit(film: Size, screen: Size): View {
  const scale = Math.min(screen.width / film.width, screen.height / film.height) * 0.98;
  return { scale: scale || 1, cx: film.width / 2, cy: film.height / 2 };
}

/** A rectangle of the film in the middle of the screen, as large as leaves a third of it around. */
export function frame(rect: Rect, screen: Size, film: Size): View {
  const width = Math.max(8, rect.x1 - rect.x0) * 1.5;
  const height = Math.max(8, rect.y1 - rect.y0) * 1.5;
  const scale = Math.min(64, Math.max(fit(film, screen).scale, Math.min(screen.width / width, screen.height / height)));
  return { scale, cx: (rect.x0 + rect.x1) / 2, cy: (rect.y0 + rect.y1) / 2 };
}

export function toFilm(view: View, screen: Size, p: Point): Point {
  return { x: view.cx + (p.x - screen.width / 2) / view.scale, y: view.cy + (p.y - screen.height / 2) / view.scale };
}

export function toScreen(view: View, screen: Size, p: Point): Point {
  return { x: (p.x - view.cx) * view.scale + screen.width / 2, y: (p.y - view.cy) * view.scale + screen.height / 2 };
}

/** The film's pixels under a part of the screen, or under all of it. */
export function seenOf({ view, screen, part }: { view: View; screen: Size; part: Rect | null }): Rect {
  const { x0, y0, x1, y1 } = part ?? wholeOf(screen);
  const [from, to] = [toFilm(view, screen, { x: x0, y: y0 }), toFilm(view, screen, { x: x1, y: y1 })];
  return { x0: Math.floor(from.x), y0: Math.floor(from.y), x1: Math.ceil(to.x), y1: Math.ceil(to.y) };
}

/** Zoom by a factor with the film's point under the pointer kept in its place. */
export function zoomAt(view: View, screen: Size, p: Point, factor: number, film: Size): View {
  const smallest = fit(film, screen).scale / 4;
  const scale = Math.min(64, Math.max(smallest, view.scale * factor));
  const anchor = toFilm(view, screen, p);
  return {
    scale,
    cx: anchor.x - (p.x - screen.width / 2) / scale,
    cy: anchor.y - (p.y - screen.height / 2) / scale,
  };
}

export function panBy(view: View, dx: number, dy: number): View {
  return { ...view, cx: view.cx - dx / view.scale, cy: view.cy - dy / view.scale };
}
