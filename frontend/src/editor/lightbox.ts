/** A light box: one film on several sheets behind one view and one window, so that they cannot fall out of step. */

import type { Film } from "./film";
import type { Point } from "./mask";
import { drawNotes, type Note } from "./notes";
import { Plate } from "./plate";
import { listen } from "./pointer";
import type { Color } from "./renderer";
import { fit, panBy, type Size, toScreen, type View, zoomAt } from "./view";
import type { Window } from "./window";

/** Where a film is looked at, whatever the size of the sheet: its point (0–1 of its sides) and a zoom, 1 fitted. */
export interface Place {
  x: number;
  y: number;
  zoom: number;
}

/** A mask on a sheet: its path along pixel edges, filled or as a line alone; or a dashed line, with a note. */
export interface Layer {
  path: string;
  color: Color;
  filled: boolean;
  dashed?: boolean;
  note?: Note;
}

interface Sheet {
  canvas: HTMLCanvasElement;
  layers: (Omit<Layer, "path"> & { path: Path2D })[];
  stop: AbortController;
  watch: ResizeObserver;
}

export const FITTED: Place = { x: 0.5, y: 0.5, zoom: 1 };
const FILL = 0.32;
const NOTE = 11; // px high

export function viewOf(place: Place, film: Size, screen: Size): View {
  return { scale: fit(film, screen).scale * place.zoom, cx: place.x * film.width, cy: place.y * film.height };
}

export function placeOf(view: View, film: Size, screen: Size): Place {
  return { x: view.cx / film.width, y: view.cy / film.height, zoom: view.scale / fit(film, screen).scale };
}

export class Lightbox {
  private readonly plate: Plate;
  private readonly sheets = new Map<HTMLCanvasElement, Sheet>();
  private frame = 0;
  private drag: { kind: "pan" | "window"; at: Point } | null = null;
  private place: Place;

  /** ``moved`` is told of every change of place and window. */
  constructor(
    private readonly film: Film,
    private readonly moved: (place: Place, window: Window) => void,
    place: Place | null = null,
    window: Window | null = null,
  ) {
    this.plate = new Plate(film);
    this.plate.onLost = () => this.draw();
    this.place = place ?? FITTED;
    if (window) this.plate.window = window;
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
        down: ({ at, button }) => {
          this.drag = { kind: button === 2 ? "window" : "pan", at };
          return false;
        },
        move: (points) => this.drags(canvas, points.at(-1)!),
        up: () => {
          this.drag = null;
        },
        cancel: () => {
          this.drag = null;
        },
        pinch: (from, to, factor) =>
          look((view, screen) => {
            return panBy(zoomAt(view, screen, from, factor, this.film), to.x - from.x, to.y - from.y);
          }),
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
    this.plate.destroy();
    cancelAnimationFrame(this.frame);
  }

  fit(): void {
    this.place = FITTED;
    this.changed();
  }

  invert(): void {
    this.setWindow({ ...this.plate.window, invert: !this.plate.window.invert });
  }

  autoWindow(): void {
    this.setWindow({ ...this.plate.automatic, invert: this.plate.window.invert });
  }

  private setWindow(window: Window): void {
    this.plate.window = window;
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
    this.plate.dragWindow(dx / canvas.width, dy / canvas.height);
    this.changed();
  }

  private changed(): void {
    this.moved(this.place, this.plate.window);
    this.draw();
  }

  private measure(canvas: HTMLCanvasElement): void {
    const ratio = globalThis.devicePixelRatio || 1;
    canvas.width = Math.max(2, Math.round(canvas.clientWidth * ratio));
    canvas.height = Math.max(2, Math.round(canvas.clientHeight * ratio));
    this.draw();
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
    context.setTransform(1, 0, 0, 1, 0, 0);
    this.plate.paint(context, { view, screen: canvas, part: null, moving: false }, null);
    const corner = toScreen(view, canvas, { x: 0, y: 0 });
    context.setTransform(view.scale, 0, 0, view.scale, corner.x, corner.y);
    for (const { path, color, filled, dashed } of layers) {
      context.fillStyle = `rgb(${color.join(" ")} / ${FILL})`;
      context.strokeStyle = `rgb(${color.join(" ")})`;
      context.lineWidth = 1.75 / view.scale;
      context.setLineDash(dashed ? [6 / view.scale, 4 / view.scale] : []);
      if (filled) context.fill(path, "evenodd");
      context.stroke(path);
    }
    const notes = layers.flatMap(({ note }) => note ?? []);
    const placed = notes.map(({ text, at }) => ({ text, at: toScreen(view, canvas, at) }));
    drawNotes(context, placed, NOTE * (globalThis.devicePixelRatio || 1));
  }
}
