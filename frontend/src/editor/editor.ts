/** One pane: a film, its masks, a view, a tool. No React inside; pages call it and subscribe. */

import { MaskDocument } from "./document";
import type { Film, Maps } from "./film";
import { clip, type Point, type Rect, whole } from "./mask";
import { listen } from "./pointer";
import { drawPointer, type Look, Renderer } from "./render2d";
import type { Options, State, Tool } from "./state";
import { COLORS } from "./state";
import { brush, lasso, type Stroke } from "./tools";
import { fit, panBy, toFilm, type View, zoomAt } from "./view";
import { autoWindow, dragWindow, type Window } from "./window";

type Gesture = { kind: "stroke"; stroke: Stroke } | { kind: "pan" | "window"; at: Point } | null;

export class Editor {
  readonly document: MaskDocument;
  private readonly renderer: Renderer;
  private readonly listeners = new Set<() => void>();
  private readonly viewListeners = new Set<(view: View, window: Window) => void>();
  private readonly stop = new AbortController();
  private readonly resize: ResizeObserver;
  private readonly automatic: Window;
  private view: View;
  private fitted = true; // until the reader pans or zooms, the film follows the size of its pane
  private window: Window;
  private screen = { width: 0, height: 0 };
  private visible = 0xff;
  private hidden = false;
  private showPseudo = false;
  private pointer: Point | null = null;
  private gesture: Gesture = null;
  private frame = 0;
  private tool: Tool = "brush";
  private finding = 0;
  private radius: number;
  private outline = true;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly film: Film,
    private readonly options: Options,
  ) {
    this.renderer = new Renderer(canvas, film);
    this.document = new MaskDocument(film, (rect) => this.repaint(rect));
    this.automatic = autoWindow(film);
    this.window = this.automatic;
    this.radius = Math.max(1, Math.round(film.width / 60));
    this.view = { scale: 1, cx: film.width / 2, cy: film.height / 2 };
    this.renderer.exposeFilm(this.window);
    this.resize = new ResizeObserver(() => this.measure());
    this.resize.observe(canvas);
    this.measure();
    const [down, move, up] = [this.down.bind(this), this.move.bind(this), this.up.bind(this)];
    const [leave, wheel] = [this.leave.bind(this), this.wheel.bind(this)];
    listen(canvas, { down, move, up, leave, wheel }, this.stop.signal);
  }

  destroy(): void {
    this.stop.abort();
    this.resize.disconnect();
    cancelAnimationFrame(this.frame);
  }

  loadMaps(maps: Maps): void {
    this.document.loadMaps(maps);
    this.changed();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Be told of pan, zoom and window, to keep panes side by side in step. */
  onView(listener: (view: View, window: Window) => void): () => void {
    this.viewListeners.add(listener);
    return () => this.viewListeners.delete(listener);
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

  state(): State {
    const findings = [...Array(this.options.findings).keys()];
    return {
      tool: this.tool,
      finding: this.finding,
      radius: this.radius,
      outline: this.outline,
      invert: this.window.invert,
      hasMaps: this.document.hasMaps,
      canUndo: this.document.history.canUndo,
      canRedo: this.document.history.canRedo,
      areas: findings.map((bit) => this.document.area(bit)),
      edited: findings.map((bit) => this.document.isEdited(bit)),
      revisions: findings.map((bit) => this.document.revisions[bit]!),
      visible: findings.map((bit) => Boolean(this.visible & (1 << bit))),
    };
  }

  setTool(tool: Tool): void {
    this.tool = tool;
    this.changed();
  }

  setFinding(finding: number): void {
    this.finding = Math.max(0, Math.min(this.options.findings - 1, finding));
    this.changed();
  }

  setRadius(radius: number): void {
    this.radius = Math.min(this.film.width / 4, Math.max(0.5, radius));
    this.changed();
  }

  toggleVisible(finding: number): void {
    this.visible ^= 1 << finding;
    this.repaint(whole(this.document.masks));
  }

  toggleOutline(): void {
    this.outline = !this.outline;
    this.changed();
  }

  /** While a key is held: no masks, or the pseudo masks instead of the edited ones. */
  hold(what: "hide" | "original", held: boolean): void {
    if (what === "hide") this.hidden = held;
    else if (this.showPseudo !== held) {
      this.showPseudo = held;
      this.recompose(whole(this.document.masks));
    }
    this.draw();
  }

  setWindow(window: Window): void {
    this.window = window;
    this.renderer.exposeFilm(window);
    this.moved();
    this.changed();
  }

  invert(): void {
    this.setWindow({ ...this.window, invert: !this.window.invert });
  }

  autoWindow(): void {
    this.setWindow({ ...this.automatic, invert: this.window.invert });
  }

  fit(): void {
    this.fitted = true;
    this.view = fit(this.film, this.screen);
    this.moved();
  }

  /** Delete the region under the pointer, or keep it alone. */
  cutRegion(keep: boolean): void {
    if (this.pointer) this.document.cutRegion(this.finding, this.pointer.x, this.pointer.y, keep);
  }

  /** Leave the gesture or the slider as if it had not begun. */
  cancel(): void {
    this.gesture = null;
    this.document.revert();
  }

  private repaint(rect: Rect): void {
    this.recompose(rect);
    this.changed();
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
    this.draw();
  }

  private moved(): void {
    for (const listener of this.viewListeners) listener(this.view, this.window);
    this.draw();
  }

  private look(): Look {
    return {
      colors: COLORS.slice(0, this.options.findings),
      visible: this.visible,
      outline: this.outline,
      active: this.finding,
    };
  }

  private get shown() {
    return this.showPseudo ? this.document.pseudo : this.document.masks;
  }

  private recompose(rect: Rect): void {
    this.renderer.composeMasks(this.shown, this.look(), rect);
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

  private draw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      this.renderer.paint(this.view, this.screen, this.shown, this.look(), !this.hidden);
      const path = this.gesture?.kind === "stroke" ? this.gesture.stroke.path : [];
      const ring = this.options.readOnly || this.tool === "lasso" ? null : this.pointer;
      drawPointer(this.canvas, this.view, this.screen, path, ring, this.radius);
    });
  }

  private down(at: Point, button: number, shift: boolean, space: boolean): void {
    const pans = button === 1 || space || (this.options.readOnly && button === 0);
    if (button === 2) this.gesture = { kind: "window", at };
    else if (pans) this.gesture = { kind: "pan", at };
    else if (button === 0) this.startStroke(toFilm(this.view, this.screen, at), shift);
  }

  private startStroke(start: Point, opposite: boolean): void {
    const { masks } = this.document;
    const adds = (this.tool !== "eraser") !== opposite;
    const stroke =
      this.tool === "lasso"
        ? lasso(masks, this.finding, start, adds)
        : brush(masks, this.finding, start, this.radius, adds);
    this.gesture = { kind: "stroke", stroke };
    const r = this.radius + 2;
    const dab = clip(masks, start.x - r, start.y - r, start.x + r, start.y + r);
    if (dab) this.recompose(dab);
    this.draw();
  }

  private move(points: Point[]): void {
    const at = points.at(-1)!;
    this.pointer = toFilm(this.view, this.screen, at);
    const { gesture } = this;
    if (gesture?.kind === "stroke") {
      for (const point of points) {
        const rect = gesture.stroke.move(toFilm(this.view, this.screen, point));
        if (rect) this.recompose(rect);
      }
    } else if (gesture) {
      const dx = at.x - gesture.at.x;
      const dy = at.y - gesture.at.y;
      gesture.at = at;
      if (gesture.kind === "pan") {
        this.fitted = false;
        this.view = panBy(this.view, dx, dy);
        this.moved();
      } else {
        const range = this.film.data instanceof Uint8Array ? 256 : this.automatic.high * 1.5;
        this.setWindow(dragWindow(this.window, dx / this.screen.width, dy / this.screen.height, range));
      }
    }
    this.draw();
  }

  private up(): void {
    const { gesture } = this;
    this.gesture = null;
    if (gesture?.kind === "stroke") this.document.commit(gesture.stroke.end());
    this.draw();
  }

  private leave(): void {
    this.pointer = null;
    this.draw();
  }

  private wheel(at: Point, delta: number, alt: boolean): void {
    if (alt) this.setRadius(this.radius * (delta < 0 ? 1.15 : 1 / 1.15));
    else {
      this.fitted = false;
      this.view = zoomAt(this.view, this.screen, at, Math.exp(-delta / 400), this.film);
      this.moved();
    }
  }
}
