/** The canvas2D renderer: the windowed film on a canvas of its own, the masks composed in film space, outlines on top. */

import type { Film } from "./film";
import type { Masks, Point, Rect } from "./mask";
import { type Size, toScreen, type View } from "./view";
import { lookUp, type Window } from "./window";

export type Color = [number, number, number];

export interface Look {
  colors: Color[];
  visible: number; // bits of the findings that are shown
  ghosts: number; // bits of the findings that are said not to be there: a faint broken outline, nothing more
  filled: boolean; // what was composed is drawn
  outlined: boolean;
  active: number;
}

const FILL = 0.32;
const DOUBT = 0x00d28cff; // rose, as blue, green, red

export class Renderer {
  private readonly overlay: HTMLCanvasElement;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly film: Film,
    private readonly base: HTMLCanvasElement,
  ) {
    this.overlay = sheet(film);
  }

  /** Draw the film's greys anew: after a change of window, not for a pan or a stroke. */
  exposeFilm(window: Window): void {
    exposeFilm(this.film, window, this.base);
  }

  /** Recompose the colours of the masks inside a rectangle: a dab touches its own pixels only. */
  composeMasks(masks: Masks, look: Look, rect: Rect): void {
    const width = rect.x1 - rect.x0;
    const image = new ImageData(width, rect.y1 - rect.y0);
    const pixels = new Uint32Array(image.data.buffer);
    const table = colorTable(look);
    const shown = look.visible & ~look.ghosts;
    for (let y = rect.y0; y < rect.y1; y++) {
      const row = y * masks.width;
      for (let x = rect.x0; x < rect.x1; x++) {
        const value = masks.bits[row + x]! & shown;
        if (value) pixels[(y - rect.y0) * width + x - rect.x0] = table[value]!;
      }
    }
    this.overlay.getContext("2d")!.putImageData(image, rect.x0, rect.y0);
  }

  /** Show doubt (0–255, a byte a pixel of the film) instead of the masks' colours. */
  composeDoubt(doubt: Uint8Array): void {
    const image = new ImageData(this.film.width, this.film.height);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < pixels.length; i++) pixels[i] = ((Math.round(doubt[i]! * 0.75) << 24) | DOUBT) >>> 0;
    this.overlay.getContext("2d")!.putImageData(image, 0, 0);
  }

  /** The film and one mask on a small canvas of its own. */
  thumbnail(canvas: HTMLCanvasElement, mask: Masks, color: Color): void {
    const small = sheet(this.film);
    const image = new ImageData(mask.width, mask.height);
    const pixels = new Uint32Array(image.data.buffer);
    const paint = ((160 << 24) | (color[2] << 16) | (color[1] << 8) | color[0]) >>> 0;
    for (let i = 0; i < pixels.length; i++) if (mask.bits[i]) pixels[i] = paint;
    small.getContext("2d")!.putImageData(image, 0, 0);
    const scale = Math.min(canvas.width / mask.width, canvas.height / mask.height);
    const [w, h] = [mask.width * scale, mask.height * scale];
    const context = canvas.getContext("2d")!;
    context.clearRect(0, 0, canvas.width, canvas.height);
    for (const layer of [this.base, small]) {
      context.drawImage(layer, (canvas.width - w) / 2, (canvas.height - h) / 2, w, h);
    }
  }

  /** One frame. ``screen`` is the canvas's size in device pixels. */
  paint(view: View, screen: Size, masks: Masks, look: Look, showMasks: boolean): void {
    const context = this.canvas.getContext("2d", { alpha: false })!;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#050607";
    context.fillRect(0, 0, screen.width, screen.height);
    const corner = toScreen(view, screen, { x: 0, y: 0 });
    context.setTransform(view.scale, 0, 0, view.scale, corner.x, corner.y);
    context.imageSmoothingEnabled = view.scale < 16; // beyond that a reader wants to see the detector's pixels
    context.imageSmoothingQuality = "high";
    context.drawImage(this.base, 0, 0);
    if (!showMasks) return;
    context.imageSmoothingEnabled = false;
    if (look.filled) context.drawImage(this.overlay, 0, 0);
    if (!look.outlined) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    for (let bit = 0; bit < look.colors.length; bit++) {
      if (look.visible & (1 << bit)) this.strokeOutline(context, view, screen, masks, bit, look);
    }
  }

  /** The border between mask and not-mask, along pixel edges, one line wide at every zoom. */
  private strokeOutline(
    context: CanvasRenderingContext2D,
    view: View,
    screen: Size,
    masks: Masks,
    bit: number,
    look: Look,
  ): void {
    const { width, height, bits } = masks;
    const on = 1 << bit;
    const x0 = Math.max(0, Math.floor(view.cx - screen.width / 2 / view.scale));
    const x1 = Math.min(width, Math.ceil(view.cx + screen.width / 2 / view.scale));
    const y0 = Math.max(0, Math.floor(view.cy - screen.height / 2 / view.scale));
    const y1 = Math.min(height, Math.ceil(view.cy + screen.height / 2 / view.scale));
    const left = screen.width / 2 - view.cx * view.scale;
    const top = screen.height / 2 - view.cy * view.scale;
    context.beginPath();
    for (let y = y0; y <= y1; y++) {
      const row = y * width;
      for (let x = x0; x < x1; x++) {
        const here = y < height && bits[row + x]! & on;
        const above = y > 0 && bits[row - width + x]! & on;
        if (Boolean(here) !== Boolean(above)) {
          context.moveTo(left + x * view.scale, top + y * view.scale);
          context.lineTo(left + (x + 1) * view.scale, top + y * view.scale);
        }
        const before = x > 0 && y < height && bits[row + x - 1]! & on;
        if (Boolean(here) !== Boolean(before)) {
          context.moveTo(left + x * view.scale, top + y * view.scale);
          context.lineTo(left + x * view.scale, top + (y + 1) * view.scale);
        }
      }
    }
    context.strokeStyle = `rgb(${look.colors[bit]!.join(",")})`;
    context.lineWidth = bit === look.active ? 2 : 1.25;
    const ghost = Boolean(look.ghosts & on);
    context.setLineDash(ghost ? [2, 6] : []);
    context.globalAlpha = ghost ? 0.45 : 1;
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
  }
}

/** The film's greys behind a window, on a canvas of the film's size. */
export function exposeFilm({ data, width, height }: Film, window: Window, base: HTMLCanvasElement): HTMLCanvasElement {
  const table = lookUp(window, data instanceof Uint8Array ? 256 : 65536);
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < data.length; i++) {
    const grey = table[data[i]!]!;
    pixels[i] = 0xff000000 | (grey << 16) | (grey << 8) | grey;
  }
  base.getContext("2d")!.putImageData(image, 0, 0);
  return base;
}

export function sheet(size: Size): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = size.width;
  canvas.height = size.height;
  return canvas;
}

/** A colour for each of the 256 combinations of findings: the mean of their colours. */
function colorTable(look: Look): Uint32Array {
  const table = new Uint32Array(256);
  for (let value = 1; value < 256; value++) {
    const chosen = look.colors.filter((_, bit) => value & (1 << bit));
    const mean = (channel: 0 | 1 | 2): number =>
      Math.round(chosen.reduce((sum, color) => sum + color[channel], 0) / Math.max(1, chosen.length));
    table[value] = ((Math.round(FILL * 255) << 24) | (mean(2) << 16) | (mean(1) << 8) | mean(0)) >>> 0;
  }
  return table;
}

/** The lasso's path, and the brush as a ring of its true size. */
export function drawPointer(
  canvas: HTMLCanvasElement,
  view: View,
  screen: Size,
  path: readonly Point[],
  ring: Point | null,
  radius: number,
): void {
  const context = canvas.getContext("2d")!;
  context.beginPath();
  for (const point of path) {
    const at = toScreen(view, screen, point);
    context.lineTo(at.x, at.y);
  }
  if (ring) {
    const at = toScreen(view, screen, ring);
    context.moveTo(at.x + Math.max(1, radius * view.scale), at.y);
    context.arc(at.x, at.y, Math.max(1, radius * view.scale), 0, 2 * Math.PI);
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
