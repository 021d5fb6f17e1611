/** A light box: one film on several sheets behind one view and one window, so that they cannot fall out of step. */

import type { Film } from "./film";
import type { Point } from "./mask";
import { listen } from "./pointer";
import type { Color } from "./render2d";
import { fit, panBy, type Size, toFilm, type View, zoomAt } from "./view";
import { autoWindow, dragWindow, lookUp, type Window } from "./window";

/** Where a film is looked at, whatever the size of the sheet: its point (0–1 of its sides) and a zoom, 1 fitted. */
export interface Place {
  x: number;
  y: number;
  zoom: number;
}

/** A mask on a sheet: its path along pixel edges, filled or as a line alone. */
export interface Layer {
  path: string;
  color: Color;
  filled: boolean;
}

interface Sheet {
  canvas: HTMLCanvasElement;
  layers: { path: Path2D; color: Color; filled: boolean }[];
  stop: AbortController;
  watch: ResizeObserver;
}

export const FITTED: Place = { x: 0.5, y: 0.5, zoom: 1 };
const FILL = 0.32;

export function viewOf(place: Place, film: Size, screen: Size): View {
  return { scale: fit(film, screen).scale * place.zoom, cx: place.x * film.width, cy: place.y * film.height };
}

export function placeOf(view: View, film: Size, screen: Size): Place {
  return { x: view.cx / film.width, y: view.cy / film.height, zoom: view.scale / fit(film, screen).scale };
}

export class Lightbox {
  private readonly base = document.createElement("canvas");
  private readonly automatic: Window;
  private readonly sheets = new Map<HTMLCanvasElement, Sheet>();
  private frame = 0;
  private drag: { kind: "pan" | "window"; at: Point } | null = null;
  private place: Place;
  private window: Window;

  /** ``moved`` is told of every change of place and window. */
  constructor(
    private readonly film: Film,
    private readonly moved: (place: Place, window: Window) => void,
    place: Place | null = null,
    window: Window | null = null,
  ) {
    this.base.width = film.width;
    this.base.height = film.height;
    this.automatic = autoWindow(film);
    this.place = place ?? FITTED;
    this.window = window ?? this.automatic;
    this.expose();
  }

  /** Put a sheet on the box; it is listened to until it is taken off. */
  attach(canvas: HTMLCanvasElement): void {
    const stop = new AbortController();
    const watch = new ResizeObserver(() => this.measure(canvas));
    this.sheets.set(canvas, { canvas, layers: [], stop, watch });
    const look = (change: (view: View, screen: Size) => View): void => this.look(canvas, change);
    listen(
      canvas,
      {
        down: (at, button) => {
          this.drag = { kind: button === 2 ? "window" : "pan", at };
        },
        move: (points) => this.drags(canvas, points.at(-1)!),
        up: () => {
          this.drag = null;
        },
        leave: () => undefined,
        wheel: (at, delta) => look((view, screen) => zoomAt(view, screen, at, Math.exp(-delta / 400), this.film)),
      },
      stop.signal,
    );
    watch.observe(canvas);
    this.measure(canvas);
  }

  detach(canvas: HTMLCanvasElement): void {
    const sheet = this.sheets.get(canvas);
    sheet?.stop.abort();
    sheet?.watch.disconnect();
    this.sheets.delete(canvas);
  }

  show(canvas: HTMLCanvasElement, layers: Layer[]): void {
    const sheet = this.sheets.get(canvas);
    if (sheet) sheet.layers = layers.map((layer) => ({ ...layer, path: new Path2D(layer.path) }));
    this.draw();
  }

  destroy(): void {
    for (const canvas of [...this.sheets.keys()]) this.detach(canvas);
    cancelAnimationFrame(this.frame);
  }

  fit(): void {
    this.place = FITTED;
    this.changed();
  }

  invert(): void {
    this.setWindow({ ...this.window, invert: !this.window.invert });
  }

  autoWindow(): void {
    this.setWindow({ ...this.automatic, invert: this.window.invert });
  }

  private setWindow(window: Window): void {
    this.window = window;
    this.expose();
    this.changed();
  }

  private look(canvas: HTMLCanvasElement, change: (view: View, screen: Size) => View): void {
    this.place = placeOf(change(viewOf(this.place, this.film, canvas), canvas), this.film, canvas);
    this.changed();
  }

  private drags(canvas: HTMLCanvasElement, at: Point): void {
    if (!this.drag) return;
    const [dx, dy] = [at.x - this.drag.at.x, at.y - this.drag.at.y];
    this.drag.at = at;
    if (this.drag.kind === "pan") {
      this.look(canvas, (view) => panBy(view, dx, dy));
      return;
    }
    const range = this.film.data instanceof Uint8Array ? 256 : this.automatic.high * 1.5;
    this.setWindow(dragWindow(this.window, dx / canvas.width, dy / canvas.height, range));
  }

  private changed(): void {
    this.moved(this.place, this.window);
    this.draw();
  }

  private measure(canvas: HTMLCanvasElement): void {
    const ratio = globalThis.devicePixelRatio || 1;
    canvas.width = Math.max(2, Math.round(canvas.clientWidth * ratio));
    canvas.height = Math.max(2, Math.round(canvas.clientHeight * ratio));
    this.draw();
  }

  /** The film's greys, drawn anew after a change of window: once for all sheets. */
  private expose(): void {
    const { data, width, height } = this.film;
    const table = lookUp(this.window, data instanceof Uint8Array ? 256 : 65536);
    const image = new ImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < data.length; i++) pixels[i] = 0xff000000 | (table[data[i]!]! * 0x010101);
    this.base.getContext("2d")!.putImageData(image, 0, 0);
  }

  private draw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      for (const sheet of this.sheets.values()) this.paint(sheet);
    });
  }

  private paint({ canvas, layers }: Sheet): void {
    const context = canvas.getContext("2d", { alpha: false })!;
    const view = viewOf(this.place, this.film, canvas);
    const corner = toFilm(view, canvas, { x: 0, y: 0 });
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#050607";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.setTransform(view.scale, 0, 0, view.scale, -corner.x * view.scale, -corner.y * view.scale);
    context.imageSmoothingEnabled = view.scale < 16; // beyond that one wants to see the detector's pixels
    context.imageSmoothingQuality = "high";
    context.drawImage(this.base, 0, 0);
    for (const { path, color, filled } of layers) {
      context.fillStyle = `rgb(${color.join(" ")} / ${FILL})`;
      context.strokeStyle = `rgb(${color.join(" ")})`;
      context.lineWidth = 1.75 / view.scale;
      if (filled) context.fill(path, "evenodd");
      context.stroke(path);
    }
  }
}
