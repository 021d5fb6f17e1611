/** What a pane looks at: a film behind a view and a window, drawn at most once a frame. */

import type { Film } from "./film";
import { type Point, type Rect, union } from "./mask";
import { exposeFilm, Renderer, sheet } from "./render2d";
import type { Sitting } from "./state";
import { fit, frame, panBy, type Size, toFilm, toScreen, type View, zoomAt } from "./view";
import { autoWindow, dragWindow, type Window } from "./window";

/** A film with its greys made at its automatic window: what takes the time, done ahead. For one pane. */
export interface Exposed {
  film: Film;
  automatic: Window;
  base: HTMLCanvasElement;
}

export function expose(film: Film): Exposed {
  const automatic = autoWindow(film);
  return { film, automatic, base: exposeFilm(film, automatic, sheet(film)) };
}

const REST = 150; // ms after which a view is at rest
const EDGE = 4; // screen pixels: half an outline, and what smoothing adds

export class Pane {
  readonly renderer: Renderer;
  readonly automatic: Window;
  view: View;
  window: Window;
  screen: Size = { width: 0, height: 0 };
  private readonly film: Film;
  private fitted = true; // until the reader pans or zooms, the film follows the size of its pane
  private frame = 0;
  private due: Rect | "all" | null = null; // what the next frame draws
  private rest: ReturnType<typeof setTimeout> | undefined;
  private readonly resize: ResizeObserver;
  private readonly listeners = new Set<(view: View, window: Window) => void>();

  constructor(
    private readonly canvas: HTMLCanvasElement,
    { film, automatic, base }: Exposed,
    private readonly paint: (part: Rect | null) => void,
  ) {
    this.film = film;
    this.renderer = new Renderer(canvas, film, base);
    this.automatic = automatic;
    this.window = automatic;
    this.view = { scale: 1, cx: film.width / 2, cy: film.height / 2 };
    this.resize = new ResizeObserver(() => this.measure());
    this.resize.observe(canvas);
    this.move(); // the first frame comes sooner when it may be coarse
    this.measure();
  }

  destroy(): void {
    this.resize.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.rest);
  }

  /** Be told of pan, zoom and window, to keep panes side by side in step. */
  listen(listener: (view: View, window: Window) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** What is looked at, for another sitting. */
  looksAt(): Pick<Sitting, "view" | "window"> {
    return { view: this.fitted ? null : this.view, window: this.window === this.automatic ? null : this.window };
  }

  /** Look at what an earlier sitting looked at. */
  lookAgain({ view, window }: Pick<Sitting, "view" | "window">): void {
    if (window) this.setWindow(window);
    if (view) this.look(view);
  }

  /** Show what another pane shows. */
  follow(view: View, window: Window): void {
    this.fitted = false;
    this.view = view;
    if (window !== this.window) {
      this.window = window;
      this.renderer.exposeFilm(window);
    }
    this.draw();
  }

  toFilm(at: Point): Point {
    return toFilm(this.view, this.screen, at);
  }

  setWindow(window: Window): void {
    this.window = window;
    this.renderer.exposeFilm(window);
    this.moved();
  }

  /** Right-drag by this many screen pixels. */
  dragWindow(dx: number, dy: number): void {
    this.move();
    const range = this.film.data instanceof Uint8Array ? 256 : this.automatic.high * 1.5;
    this.setWindow(dragWindow(this.window, dx / this.screen.width, dy / this.screen.height, range));
  }

  fit(): void {
    this.fitted = true;
    this.view = fit(this.film, this.screen);
    this.moved();
  }

  /** Zoom so that a rectangle of the film fills the pane, with room around it. */
  show(rect: Rect): void {
    this.look(frame(rect, this.screen, this.film));
  }

  panBy(dx: number, dy: number): void {
    this.look(panBy(this.view, dx, dy));
  }

  zoomAt(at: Point, factor: number): void {
    this.look(zoomAt(this.view, this.screen, at, factor, this.film));
  }

  /** Draw with the next frame: this part of the screen, or all of it. */
  draw(part?: Rect): void {
    if (!part) this.due = "all";
    else if (this.due !== "all") this.due = union(this.due, part);
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      const { due } = this;
      this.due = null;
      this.paint(due === "all" ? null : due);
    });
  }

  /** Where a rectangle of the film lies on the screen, with the width of an outline around it. */
  onScreen(rect: Rect): Rect {
    const [from, to] = [
      { x: rect.x0, y: rect.y0 },
      { x: rect.x1, y: rect.y1 },
    ].map((p) => toScreen(this.view, this.screen, p));
    return { x0: from!.x - EDGE, y0: from!.y - EDGE, x1: to!.x + EDGE, y1: to!.y + EDGE };
  }

  /** Whether the view is on the move: what is drawn now need not be fine. */
  get moving(): boolean {
    return this.rest !== undefined;
  }

  private move(): void {
    clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      this.rest = undefined;
      this.draw();
    }, REST);
  }

  private look(view: View): void {
    this.fitted = false;
    this.view = view;
    this.move();
    this.moved();
  }

  private moved(): void {
    for (const listener of this.listeners) listener(this.view, this.window);
    this.draw();
  }

  private measure(): void {
    const ratio = globalThis.devicePixelRatio || 1;
    this.screen = {
      width: Math.max(2, Math.round(this.canvas.clientWidth * ratio)),
      height: Math.max(2, Math.round(this.canvas.clientHeight * ratio)),
    };
    this.canvas.width = this.screen.width;
    this.canvas.height = this.screen.height;
    if (this.fitted) this.view = fit(this.film, this.screen);
    this.draw();
  }
}
