/** One pane: a film, its masks, a view, a tool. No React inside; pages call it and subscribe. */

import { MaskDocument } from "./document";
import type { Film, Maps } from "./film";
import { outlineOf, paintFrame, ringOf } from "./frame";
import { bounds, type Point, type Rect, union, whole } from "./mask";
import { type Held, Overlay } from "./overlay";
import { type Exposed, expose, Pane } from "./pane";
import { listen } from "./pointer";
import type { Rle } from "./rle";
import { COLORS, type Options, type Sitting, type State, type Tool } from "./state";
import { brush, greysLike, lasso, outline, type Stroke } from "./tools";
import type { View } from "./view";
import type { Window } from "./window";

type Gesture = { kind: "stroke"; stroke: Stroke } | { kind: "pan" | "window"; at: Point } | null;

export class Editor {
  readonly document: MaskDocument;
  private readonly pane: Pane;
  private readonly listeners = new Set<() => void>();
  private readonly stop = new AbortController();
  private readonly film: Film;
  private readonly overlay: Overlay;
  private pointer: Point | null = null;
  private gesture: Gesture = null;
  private tool: Tool = "brush";
  private readonly radii: number[];
  private readonly thresholds: number[];

  constructor(
    private readonly canvas: HTMLCanvasElement,
    given: Film | Exposed,
    private readonly options: Options,
  ) {
    const exposed = "base" in given ? given : expose(given);
    this.film = exposed.film;
    this.document = new MaskDocument(this.film, (rect) => this.repaint(rect));
    this.radii = new Array(8).fill(Math.max(1, Math.round(this.film.width / 60)));
    this.thresholds = new Array(8).fill(options.threshold ?? 128);
    this.pane = new Pane(canvas, exposed, (part) => this.paint(part));
    this.overlay = new Overlay(this.document, this.pane.renderer, options.findings);
    const [down, move, up] = [this.down.bind(this), this.move.bind(this), this.up.bind(this)];
    const [leave, wheel] = [this.leave.bind(this), this.wheel.bind(this)];
    listen(canvas, { down, move, up, leave, wheel }, this.stop.signal);
  }

  destroy(): void {
    this.stop.abort();
    this.pane.destroy();
  }

  loadMaps(maps: Maps): void {
    this.document.loadMaps(maps);
    this.overlay.recomposeAll();
    this.changed();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Be told of pan, zoom and window, to keep panes side by side in step. */
  onView(listener: (view: View, window: Window) => void): () => void {
    return this.pane.listen(listener);
  }

  /** Show what another pane shows. */
  follow(view: View, window: Window): void {
    this.pane.follow(view, window);
  }

  state(): State {
    const findings = [...Array(this.options.findings).keys()];
    const { areas, edited } = this.document.tally();
    const { standing } = this.document.history;
    return {
      tool: this.tool,
      finding: this.overlay.finding,
      radius: this.radius,
      outline: this.overlay.outline,
      invert: this.pane.window.invert,
      hasMaps: this.document.hasMaps,
      canUndo: this.document.history.canUndo,
      canRedo: this.document.history.canRedo,
      areas: areas.slice(0, findings.length),
      edited: edited.slice(0, findings.length),
      touched: findings.map((bit) => Boolean(standing & (1 << bit))),
      threshold: this.thresholds[this.overlay.finding]!,
      revisions: findings.map((bit) => this.document.revisions[bit]!),
      visible: findings.map((bit) => Boolean(this.overlay.visible & (1 << bit))),
      scope: this.document.scope(this.overlay.finding).kind,
      doubt: this.overlay.doubt,
      teachers: this.document.teachersOf(this.overlay.finding),
    };
  }

  setTool(tool: Tool): void {
    this.tool = tool;
    this.changed();
  }

  setFinding(finding: number): void {
    this.overlay.finding = Math.max(0, Math.min(this.options.findings - 1, finding));
    if (this.overlay.doubt) this.overlay.recomposeAll();
    this.changed();
  }

  /** Choose a finding and fill the pane with its mask; with the whole film where it has none. */
  visit(finding: number): void {
    this.setFinding(finding);
    const { masks, pseudo } = this.document;
    const rect = bounds(masks, this.overlay.finding) ?? bounds(pseudo, this.overlay.finding);
    if (rect) this.pane.show(rect);
    else this.pane.fit();
  }

  private get radius(): number {
    return this.radii[this.overlay.finding]!;
  }

  /** The chosen finding's own brush size. */
  setRadius(radius: number): void {
    this.radii[this.overlay.finding] = Math.min(this.film.width / 4, Math.max(0.5, radius));
    this.changed();
  }

  /** The chosen finding's slider, 1–255: the mask follows, and is kept on release. */
  slide(threshold: number): void {
    this.thresholds[this.overlay.finding] = threshold;
    this.document.previewThreshold(this.overlay.finding, threshold);
  }

  /** How the reader sits at the film now. */
  sitting(): Sitting {
    const { tool, overlay, document, pane } = this;
    const [radii, sliders] = [[...this.radii], [...this.thresholds]];
    return { finding: overlay.finding, tool, radii, sliders, scope: document.keepScope(), ...pane.looksAt() };
  }

  /** Go on as an earlier sitting was left. */
  sitAgain(kept: Sitting): void {
    this.tool = kept.tool;
    this.radii.splice(0, 8, ...kept.radii);
    this.thresholds.splice(0, 8, ...kept.sliders);
    if (kept.scope) this.document.restoreScope(kept.scope);
    this.pane.lookAgain(kept);
    this.setFinding(kept.finding);
  }

  toggleVisible(finding: number): void {
    this.overlay.visible ^= 1 << finding;
    this.repaint(whole(this.document.masks));
  }

  /** Findings (bits) that the reader says are not there: their masks step back. */
  ghost(findings: number): void {
    if (this.overlay.ghost(findings)) this.pane.draw();
  }

  toggleOutline(): void {
    this.overlay.outline = !this.overlay.outline;
    this.changed();
  }

  toggleDoubt(): void {
    this.overlay.doubt = !this.overlay.doubt;
    this.overlay.recomposeAll();
    this.changed();
  }

  hold(what: Held, held: boolean): void {
    if (this.overlay.hold(what, held)) this.pane.draw();
  }

  invert(): void {
    this.setWindow({ ...this.pane.window, invert: !this.pane.window.invert });
  }

  autoWindow(): void {
    this.setWindow({ ...this.pane.automatic, invert: this.pane.window.invert });
  }

  setWindow(window: Window): void {
    this.pane.setWindow(window);
    this.changed();
  }

  fit(): void {
    this.pane.fit();
  }

  /** Delete the region under the pointer, or keep it alone. */
  cutRegion(keep: boolean): void {
    if (this.pointer) this.document.cutRegion(this.overlay.finding, this.pointer.x, this.pointer.y, keep);
  }

  /** Draw a mask over the film, small, in a finding's colour. */
  thumbnail(canvas: HTMLCanvasElement, finding: number, rle: Rle): void {
    this.pane.renderer.thumbnail(canvas, rle, COLORS[finding]!);
  }

  /** Another's mask as a broken line over the film, to look at; null takes it off. */
  layBeside(rle: Rle | null): void {
    this.overlay.beside = rle && outlineOf(rle);
    this.pane.draw();
  }

  /** Leave the gesture or the slider as if it had not begun. */
  cancel(): void {
    this.gesture = null;
    this.document.widen();
    this.document.revert();
  }

  private repaint(rect: Rect): void {
    this.overlay.recompose(rect);
    this.changed();
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
    this.pane.draw();
  }

  private paint(part: Rect | null): void {
    const path = this.gesture?.kind === "stroke" ? this.gesture.stroke.path : [];
    const ringless = this.options.readOnly || this.tool === "lasso" || this.tool === "threshold";
    const cursor = { at: ringless ? null : this.pointer, radius: this.radius, path };
    paintFrame(this.canvas, this.pane, this.overlay, cursor, part);
  }

  private down(at: Point, button: number, shift: boolean, space: boolean): void {
    const pans = button === 1 || space || (this.options.readOnly && button === 0);
    if (button === 2) this.gesture = { kind: "window", at };
    else if (pans) this.gesture = { kind: "pan", at };
    else if (button === 0) this.gesture = { kind: "stroke", stroke: this.startStroke(this.pane.toFilm(at), shift) };
    this.pane.draw();
  }

  private startStroke(start: Point, opposite: boolean): Stroke {
    const { masks } = this.document;
    const adds = (this.tool !== "eraser") !== opposite;
    if (this.tool === "lasso") return lasso(masks, this.overlay.finding, start, adds);
    if (this.tool === "threshold") return outline(start, (path) => this.narrow(path));
    const gate = this.tool === "smart" ? greysLike(this.film, this.pane.window, start) : undefined;
    const stroke = brush(masks, this.overlay.finding, start, this.radius, adds, gate);
    if (stroke.first) this.overlay.recompose(stroke.first);
    return stroke;
  }

  /** The slider acts in here from now on, and has acted once: one gesture. */
  private narrow(path: Point[]): null {
    const { finding } = this.overlay;
    if (this.document.narrow(finding, path)) this.slide(this.thresholds[finding]!);
    this.document.commitThreshold();
    this.changed();
    return null;
  }

  private move(points: Point[]): void {
    const at = points.at(-1)!;
    const before = this.pointer;
    this.pointer = this.pane.toFilm(at);
    let part = union(ringOf(this.pane, before, this.radius), ringOf(this.pane, this.pointer, this.radius));
    const { gesture } = this;
    if (gesture?.kind === "stroke") {
      for (const point of points) {
        const rect = gesture.stroke.move(this.pane.toFilm(point));
        if (rect) this.overlay.recompose(rect);
        part = union(part, rect && this.pane.onScreen(rect));
      }
      if (gesture.stroke.path.length) part = null; // the lasso's line may run anywhere
    } else if (gesture) {
      const dx = at.x - gesture.at.x;
      const dy = at.y - gesture.at.y;
      gesture.at = at;
      if (gesture.kind === "pan") this.pane.panBy(dx, dy);
      else this.pane.dragWindow(dx, dy);
    }
    this.pane.draw(part ?? undefined);
  }

  private up(): void {
    const { gesture } = this;
    this.gesture = null;
    if (gesture?.kind === "stroke") this.document.commit(gesture.stroke.end());
    this.pane.draw();
  }

  private leave(): void {
    this.pointer = null;
    this.pane.draw();
  }

  private wheel(at: Point, delta: number, alt: boolean): void {
    if (alt) this.setRadius(this.radius * (delta < 0 ? 1.15 : 1 / 1.15));
    else this.pane.zoomAt(at, Math.exp(-delta / 400));
  }
}
