/**
 * The film as it lies on the screen, kept between frames: a stroke copies it, a pan shifts it and draws what came into
 * sight. While a zoom lasts it is drawn coarsely, at rest finely.
 */

import type { Rect } from "../mask";
import { NOWHERE, type Size, SMOOTH, toScreen, type View } from "../view";

interface Drawn {
  view: View;
  screen: Size;
  exposure: number;
  fine: boolean;
}

export class Backdrop {
  private front = document.createElement("canvas");
  private back = document.createElement("canvas");
  private drawn: Drawn | null = null;

  constructor(private readonly base: HTMLCanvasElement) {}

  /** The film under a view, at an exposure (each change of window has another). */
  at(view: View, screen: Size, exposure: number, moving: boolean): HTMLCanvasElement {
    const { drawn } = this;
    const stands = drawn?.exposure === exposure && isSame(drawn.screen, screen) && drawn.view.scale === view.scale;
    const dx = stands ? (drawn.view.cx - view.cx) * view.scale : 0;
    const dy = stands ? (drawn.view.cy - view.cy) * view.scale : 0;
    const kept = stands && (drawn.fine || moving);
    if (kept && dx === 0 && dy === 0) return this.front;
    const whole = { x0: 0, y0: 0, x1: screen.width, y1: screen.height };
    const [sx, sy] = [Math.round(dx), Math.round(dy)];
    const shifts = Math.abs(dx - sx) + Math.abs(dy - sy) < 0.01 && Math.abs(sx) < screen.width / 2;
    if (kept && shifts && Math.abs(sy) < screen.height / 2) {
      this.shift(sx, sy, screen);
      for (const strip of strips(sx, sy, screen)) this.draw(view, screen, strip, drawn.fine);
      this.drawn = { ...drawn, view };
    } else {
      resize(this.front, screen);
      this.draw(view, screen, whole, !moving);
      this.drawn = { view, screen, exposure, fine: !moving };
    }
    return this.front;
  }

  private shift(dx: number, dy: number, screen: Size): void {
    resize(this.back, screen);
    const context = this.back.getContext("2d", { alpha: false })!;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.front, dx, dy);
    [this.front, this.back] = [this.back, this.front];
  }

  private draw(view: View, screen: Size, part: Rect, fine: boolean): void {
    drawFilm(this.front.getContext("2d", { alpha: false })!, this.base, { view, screen, part, fine });
  }
}

/** A part of the screen as the film lies under it, and the room around the film. */
export function drawFilm(
  context: CanvasRenderingContext2D,
  base: HTMLCanvasElement,
  { view, screen, part, fine }: { view: View; screen: Size; part: Rect; fine: boolean },
): void {
  context.save();
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.beginPath();
  context.rect(part.x0, part.y0, part.x1 - part.x0, part.y1 - part.y0);
  context.clip();
  context.fillStyle = NOWHERE;
  context.fillRect(0, 0, screen.width, screen.height);
  const corner = toScreen(view, screen, { x: 0, y: 0 });
  context.setTransform(view.scale, 0, 0, view.scale, corner.x, corner.y);
  context.imageSmoothingEnabled = view.scale < SMOOTH;
  context.imageSmoothingQuality = fine ? "high" : "low";
  context.drawImage(base, 0, 0);
  context.restore();
}

/** Give a canvas a size; it keeps what is on it where it has that already. */
export function resize(canvas: HTMLCanvasElement, { width, height }: Size): void {
  if (isSame(canvas, { width, height })) return;
  canvas.width = width;
  canvas.height = height;
}

function isSame(a: Size, b: Size): boolean {
  return a.width === b.width && a.height === b.height;
}

/** What comes into sight when everything moves by dx, dy. */
export function strips(dx: number, dy: number, { width, height }: Size): Rect[] {
  const found: Rect[] = [];
  if (dx > 0) found.push({ x0: 0, y0: 0, x1: dx, y1: height });
  if (dx < 0) found.push({ x0: width + dx, y0: 0, x1: width, y1: height });
  if (dy > 0) found.push({ x0: 0, y0: 0, x1: width, y1: dy });
  if (dy < 0) found.push({ x0: 0, y0: height + dy, x1: width, y1: height });
  return found;
}
