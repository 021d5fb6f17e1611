/** The canvas2D renderer: the windowed film on a canvas of its own, outlines, and the masks in film space where they are filled. */

import { Backdrop } from "./backdrop";
import type { Film } from "./film";
import { clip, createMasks, type Masks, type Point, type Rect, union } from "./mask";
import { Outlines } from "./outline";
import { decodeRle, type Rle } from "./rle";
import { type Size, toFilm, toScreen, type View } from "./view";
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

/** What is to be drawn: where from, how large, which part of it (null: all), and whether the view is on the move. */
export interface Frame {
  view: View;
  screen: Size;
  part: Rect | null;
  moving: boolean;
}

const FILL = 0.32;
const DOUBT = 0x00d28cff; // rose, as blue, green, red

export class Renderer {
  private readonly overlay: HTMLCanvasElement;
  private readonly backdrop: Backdrop;
  private readonly outlines: Outlines;
  private stale: Rect | null = null; // where the overlay's colours are not the masks'
  private exposure = 0;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly film: Film,
    private readonly base: HTMLCanvasElement,
  ) {
    this.overlay = sheet(film);
    this.backdrop = new Backdrop(base);
    this.outlines = new Outlines(film);
  }

  /** Draw the film's greys anew: after a change of window, not for a pan or a stroke. */
  exposeFilm(window: Window): void {
    this.exposure++;
    exposeFilm(this.film, window, this.base);
  }

  /** The masks differ in this rectangle from what was shown: traced and coloured anew when they are drawn next. */
  composeMasks(rect: Rect): void {
    this.outlines.forget(rect);
    this.stale = union(this.stale, rect);
  }

  /** The masks differ here, under an overlay of doubt that stays. */
  traceAnew(rect: Rect): void {
    this.outlines.forget(rect);
  }

  /** The masks' colours where they are stale: a dab touches its own pixels only. */
  private compose(masks: Masks, look: Look): void {
    const rect = this.stale && clip(masks, this.stale.x0, this.stale.y0, this.stale.x1, this.stale.y1);
    this.stale = null;
    if (!rect) return;
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
    this.stale = null;
    this.outlines.forget(wholeOf(this.film));
  }

  /** The film and one mask on a small canvas of its own. */
  thumbnail(canvas: HTMLCanvasElement, rle: Rle, color: Color): void {
    const small = sheet(this.film);
    const mask = createMasks(this.film.width, this.film.height);
    decodeRle(rle, mask.bits, mask.width, mask.height, 0);
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

  /** One frame, or the part of it (screen pixels) that changed. ``screen`` is the canvas's size in device pixels. */
  paint(frame: Frame, masks: Masks, look: Look, showMasks: boolean): void {
    const { view, screen, part, moving } = frame;
    const context = this.canvas.getContext("2d", { alpha: false })!;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(this.backdrop.at(view, screen, this.exposure, moving), 0, 0);
    if (!showMasks) return;
    if (look.filled) {
      this.compose(masks, look);
      const corner = toScreen(view, screen, { x: 0, y: 0 });
      context.setTransform(view.scale, 0, 0, view.scale, corner.x, corner.y);
      context.imageSmoothingEnabled = false;
      context.drawImage(this.overlay, 0, 0);
    }
    if (look.outlined) this.strokeOutlines(context, frame, masks, look, part ?? wholeOf(screen));
    context.setTransform(1, 0, 0, 1, 0, 0);
  }

  /** Outlines lie along pixel edges, one line wide at every zoom. */
  private strokeOutlines(
    context: CanvasRenderingContext2D,
    { view, screen }: Frame,
    masks: Masks,
    look: Look,
    part: Rect,
  ): void {
    const [from, to] = [
      toFilm(view, screen, { x: part.x0, y: part.y0 }),
      toFilm(view, screen, { x: part.x1, y: part.y1 }),
    ];
    const seen = { x0: Math.floor(from.x), y0: Math.floor(from.y), x1: Math.ceil(to.x), y1: Math.ceil(to.y) };
    const corner = toScreen(view, screen, { x: 0, y: 0 });
    context.setTransform(view.scale, 0, 0, view.scale, corner.x, corner.y);
    for (let bit = 0; bit < look.colors.length; bit++) {
      if (!(look.visible & (1 << bit))) continue;
      const ghost = Boolean(look.ghosts & (1 << bit));
      context.strokeStyle = `rgb(${look.colors[bit]!.join(",")})`;
      context.lineWidth = (bit === look.active ? 2 : 1.25) / view.scale;
      context.setLineDash(ghost ? [2 / view.scale, 6 / view.scale] : []);
      context.globalAlpha = ghost ? 0.45 : 1;
      for (const path of this.outlines.inside(masks, seen, bit)) context.stroke(path);
    }
    context.setLineDash([]);
    context.globalAlpha = 1;
  }
}

function wholeOf({ width, height }: Size): Rect {
  return { x0: 0, y0: 0, x1: width, y1: height };
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
