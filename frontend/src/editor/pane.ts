/** What a pane looks at: a film behind a view and a window, drawn at most once a frame. */

import { type Point, type Rect, union } from "./mask";
import type { Plate } from "./plate";
import type { Fault, Sitting } from "./state";
import { fit, frame, panBy, type Size, toFilm, toScreen, type View, zoomAt } from "./view";
import type { Window } from "./window";

const REST = 150; // ms after which a view is at rest
const EDGE = 4; // screen pixels: half an outline, and what smoothing adds

export class Pane {
  readonly context: CanvasRenderingContext2D;
  view: View;
  screen: Size = { width: 0, height: 0 };
  fault: Fault | null = null;
  private fitted = true; // until the reader pans or zooms, the film follows the size of its pane
  private frame = 0;
  private due: Rect | "all" | null = null; // what the next frame draws
  private rest: ReturnType<typeof setTimeout> | undefined;
  private readonly resize: ResizeObserver;
  private readonly stop = new AbortController();
  private readonly listeners = new Set<(view: View, window: Window) => void>();

  /** ``paint`` draws what is due; ``failed`` is told when there is a fault, and when it is gone. */
  constructor(
    private readonly canvas: HTMLCanvasElement,
    readonly plate: Plate,
    private readonly paint: (part: Rect | null) => void,
    private readonly failed: () => void,
  ) {
    this.context = canvas.getContext("2d", { alpha: false })!;
    this.view = { scale: 1, cx: plate.film.width / 2, cy: plate.film.height / 2 };
    this.resize = new ResizeObserver(() => this.measure());
    this.resize.observe(canvas);
    this.mind();
    this.move(); // the first frame comes sooner when it may be coarse
    this.measure();
  }

  destroy(): void {
    this.stop.abort();
    this.resize.disconnect();
    this.plate.destroy();
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
    return {
      view: this.fitted ? null : this.view,
      window: this.plate.window === this.plate.automatic ? null : this.plate.window,
    };
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
    this.plate.window = window;
    this.draw();
  }

  toFilm(at: Point): Point {
    return toFilm(this.view, this.screen, at);
  }

  setWindow(window: Window): void {
    this.plate.window = window;
    this.moved();
  }

  /** Right-drag by this many screen pixels. */
  dragWindow(dx: number, dy: number): void {
    this.move();
    this.plate.dragWindow(dx / this.screen.width, dy / this.screen.height);
    this.moved();
  }

  fit(): void {
    this.fitted = true;
    this.view = fit(this.plate.film, this.screen);
    this.moved();
  }

  /** Zoom so that a rectangle of the film fills the pane, with room around it. */
  show(rect: Rect): void {
    this.look(frame(rect, this.screen, this.plate.film));
  }

  panBy(dx: number, dy: number): void {
    this.look(panBy(this.view, dx, dy));
  }

  zoomAt(at: Point, factor: number): void {
    this.look(zoomAt(this.view, this.screen, at, factor, this.plate.film));
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

  /** The reader goes on after the renderer failed: it need not be told any longer. Answers whether it was. */
  pardon(): boolean {
    if (this.fault !== "renderer") return false;
    this.fault = null;
    return true;
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
    for (const listener of this.listeners) listener(this.view, this.plate.window);
    this.draw();
  }

  /** What is drawn with may be lost at any time, the masks never: they are in no canvas. */
  private mind(): void {
    const tell = (fault: Fault | null): void => {
      this.fault = fault;
      this.failed();
      this.draw();
    };
    const { signal } = this.stop;
    // Of a film that nobody looks at it need not be told: the one at hand tells of it.
    this.plate.onLost = () => (this.canvas.isConnected ? tell("renderer") : this.draw());
    this.canvas.addEventListener("contextlost", () => tell("canvas"), { signal });
    const restored = (): void => {
      this.plate.renew(); // whatever took this canvas took those behind it
      tell(null);
    };
    this.canvas.addEventListener("contextrestored", restored, { signal });
  }

  /** A canvas that is not on the page yet, or for now, is as large as it was made; its picture is kept. */
  private measure(): void {
    const { width, height } = this.canvas.isConnected ? this.onPage() : this.canvas;
    if (width === this.screen.width && height === this.screen.height) return;
    this.screen = { width, height };
    this.canvas.width = width;
    this.canvas.height = height;
    if (this.fitted) this.view = fit(this.plate.film, this.screen);
    this.draw();
  }

  private onPage(): Size {
    const ratio = globalThis.devicePixelRatio || 1;
    return {
      width: Math.max(2, Math.round(this.canvas.clientWidth * ratio)),
      height: Math.max(2, Math.round(this.canvas.clientHeight * ratio)),
    };
  }
}
