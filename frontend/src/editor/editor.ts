/** One pane: a film, its masks, a view, a tool. No React inside; pages call it and subscribe. */

import { MaskDocument } from "./document";
import type { Film, Maps } from "./film";
import { outlineOf, paintFrame } from "./frame";
import { Gestures } from "./gestures";
import { bounds, type Point, type Rect, whole } from "./mask";
import { type Held, Overlay } from "./overlay";
import { Pane } from "./pane";
import { Plate } from "./plate";
import { listen } from "./pointer";
import type { Rle } from "./rle";
import { COLORS, type Options, type Sitting, type State, type Tool } from "./state";
import { drawThumbnail } from "./thumb";
import type { View } from "./view";
import type { Window } from "./window";

export class Editor {
  readonly document: MaskDocument;
  private readonly pane: Pane;
  private readonly listeners = new Set<() => void>();
  private readonly stop = new AbortController();
  private readonly film: Film;
  private readonly overlay: Overlay;
  private readonly gestures: Gestures;
  private tool: Tool = "brush";
  private readonly radii: number[];
  private readonly thresholds: number[];

  constructor(
    canvas: HTMLCanvasElement,
    given: Film | Plate,
    private readonly options: Options,
  ) {
    const plate = given instanceof Plate ? given : new Plate(given);
    this.film = plate.film;
    this.document = new MaskDocument(this.film, (rect) => this.repaint(rect));
    this.radii = new Array(8).fill(Math.max(1, Math.round(this.film.width / 60)));
    this.thresholds = new Array(8).fill(options.threshold ?? 128);
    this.pane = new Pane(
      canvas,
      plate,
      (part) => this.paint(part),
      () => this.changed(),
    );
    this.overlay = new Overlay(this.document, (rect, tint) => plate.outdate(rect, tint), options.findings);
    this.gestures = new Gestures(this.pane, this.overlay, this.document, {
      tool: () => this.tool,
      radius: () => this.radius,
      resize: (factor) => this.setRadius(this.radius * factor),
      narrow: (path) => this.narrow(path),
      changed: () => this.changed(),
      readOnly: options.readOnly ?? false,
    });
    listen(canvas, this.gestures, this.stop.signal);
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
      invert: this.pane.plate.window.invert,
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
      boxes: this.overlay.boxes,
      teachers: this.document.teachersOf(this.overlay.finding),
      fault: this.pane.fault,
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

  showBoxes(shown: boolean): void {
    if (shown === this.overlay.boxes) return;
    this.overlay.boxes = shown;
    this.changed();
  }

  hold(what: Held, held: boolean): void {
    if (this.overlay.hold(what, held)) this.pane.draw();
  }

  invert(): void {
    this.setWindow({ ...this.pane.plate.window, invert: !this.pane.plate.window.invert });
  }

  autoWindow(): void {
    this.setWindow({ ...this.pane.plate.automatic, invert: this.pane.plate.window.invert });
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
    const { pointer } = this.gestures;
    if (pointer) this.document.cutRegion(this.overlay.finding, pointer.x, pointer.y, keep);
  }

  /** Draw a mask over the film, small, in a finding's colour. */
  thumbnail(canvas: HTMLCanvasElement, finding: number, rle: Rle): void {
    drawThumbnail(canvas, this.pane.plate, rle, COLORS[finding]!);
  }

  /** Another's mask as a broken line over the film, to look at; null takes it off. */
  layBeside(rle: Rle | null): void {
    if (!rle && !this.overlay.beside) return;
    this.overlay.beside = rle && outlineOf(rle);
    this.pane.draw();
  }

  /** Leave the gesture or the slider as if it had not begun. */
  cancel(): void {
    this.document.widen();
    this.gestures.cancel();
  }

  /** The masks are others in this rectangle: nothing else looks different. */
  private repaint(rect: Rect): void {
    this.overlay.recompose(rect);
    // Not while the slider is on its way: boxes reach beyond what changed, and cost a walk over the film.
    const boxed = !this.document.previews && this.overlay.settle();
    this.tell();
    this.pane.draw(boxed ? undefined : this.pane.onScreen(rect));
  }

  private changed(): void {
    this.tell();
    this.pane.draw();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }

  private paint(part: Rect | null): void {
    const ringless = this.options.readOnly || this.tool === "lasso" || this.tool === "threshold" || this.tool === "pan";
    const { pointer, path } = this.gestures;
    const cursor = { at: ringless ? null : pointer, radius: this.radius, path };
    const { overlay } = this;
    paintFrame(this.pane, overlay.scene(), { boxed: overlay.boxed(), beside: overlay.beside }, cursor, part);
  }

  /** The slider acts in here from now on, and has acted once: one gesture. */
  private narrow(path: Point[]): void {
    const { finding } = this.overlay;
    if (this.document.narrow(finding, path)) this.slide(this.thresholds[finding]!);
    this.document.commitThreshold();
    this.changed();
  }
}
