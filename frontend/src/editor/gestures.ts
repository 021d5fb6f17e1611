/** What the pointer does on a film: strokes with the tool at hand, pan, zoom, window. */

import type { MaskDocument } from "./document";
import { ringOf } from "./frame";
import { type Point, type Rect, union } from "./mask";
import type { Overlay } from "./overlay";
import type { Pane } from "./pane";
import type { PointerTarget, Press } from "./pointers";
import type { Tool } from "./state";
import { brush, greysLike, lasso, outline, type Stroke } from "./tools";

type Gesture = { kind: "stroke"; stroke: Stroke } | { kind: "pan" | "window"; at: Point } | null;

/** The tool at hand, and what a gesture may ask of it. */
export interface Kit {
  tool: () => Tool;
  radius: () => number;
  resize: (factor: number) => void;
  /** The slider acts inside an outline from now on. */
  narrow: (path: Point[]) => void;
  changed: () => void;
  readOnly: boolean;
}

export class Gestures implements PointerTarget {
  /** Where the pointer is, on the film. */
  pointer: Point | null = null;
  private gesture: Gesture = null;

  constructor(
    private readonly pane: Pane,
    private readonly overlay: Overlay,
    private readonly document: MaskDocument,
    private readonly kit: Kit,
  ) {}

  /** The lasso's line so far. */
  get path(): readonly Point[] {
    return this.gesture?.kind === "stroke" ? this.gesture.stroke.path : [];
  }

  down(press: Press): boolean {
    const { at, button, space, eraser } = press;
    if (this.pane.pardon()) this.kit.changed();
    this.gesture = null;
    const draws = button === 0 && !space && !this.kit.readOnly && this.kit.tool() !== "pan";
    if (button === 2) this.gesture = { kind: "window", at };
    else if (draws || (eraser && !this.kit.readOnly)) {
      this.pointer = this.pane.toFilm(at);
      this.gesture = { kind: "stroke", stroke: this.startStroke(this.pointer, press) };
    } else if (button === 0 || button === 1) this.gesture = { kind: "pan", at };
    this.pane.draw();
    return this.gesture?.kind === "stroke";
  }

  move(points: Point[]): void {
    const at = points.at(-1)!;
    const before = this.pointer;
    this.pointer = this.pane.toFilm(at);
    const radius = this.kit.radius();
    let part = union(ringOf(this.pane, before, radius), ringOf(this.pane, this.pointer, radius));
    const { gesture } = this;
    if (gesture?.kind === "stroke") part = this.draw(gesture.stroke, points, part);
    else if (gesture) {
      const [dx, dy] = [at.x - gesture.at.x, at.y - gesture.at.y];
      gesture.at = at;
      if (gesture.kind === "pan") this.pane.panBy(dx, dy);
      else {
        this.pane.dragWindow(dx, dy);
        this.kit.changed();
      }
    }
    this.pane.draw(part ?? undefined);
  }

  up(): void {
    const { gesture } = this;
    this.gesture = null;
    if (gesture?.kind === "stroke") this.document.commit(gesture.stroke.end());
    this.pane.draw();
  }

  cancel(): void {
    this.gesture = null;
    this.document.revert();
  }

  pinch(from: Point, to: Point, factor: number): void {
    this.pointer = null; // two fingers have no ring between them
    this.pane.zoomAt(from, factor);
    this.pane.panBy(to.x - from.x, to.y - from.y);
  }

  leave(): void {
    this.pointer = null;
    this.pane.draw();
  }

  wheel(at: Point, delta: number, alt: boolean): void {
    if (alt) this.kit.resize(delta < 0 ? 1.15 : 1 / 1.15);
    else this.pane.zoomAt(at, Math.exp(-delta / 400));
  }

  private startStroke(start: Point, { shift, eraser }: Press): Stroke {
    const { masks } = this.document;
    const { finding } = this.overlay;
    const tool = eraser ? "eraser" : this.kit.tool();
    const adds = (tool !== "eraser") !== (shift && !eraser);
    if (tool === "lasso") return lasso(masks, finding, start, adds);
    if (tool === "threshold") {
      return outline(start, (path) => {
        this.kit.narrow(path);
        return null;
      });
    }
    const { film, window } = this.pane.plate;
    const gate = tool === "smart" ? greysLike(film, window, start) : undefined;
    const stroke = brush(masks, finding, start, this.kit.radius(), adds, gate);
    if (stroke.first) this.show(stroke.first);
    return stroke;
  }

  /** Go on with a stroke; answers with the part of the screen that looks different, null for all of it. */
  private draw(stroke: Stroke, points: Point[], ring: Rect | null): Rect | null {
    let part = ring;
    for (const point of points) {
      const rect = stroke.move(this.pane.toFilm(point));
      if (rect) this.show(rect);
      part = union(part, rect && this.pane.onScreen(rect));
    }
    return stroke.path.length ? null : part; // the lasso's line may run anywhere
  }

  /** A stroke has painted in here. */
  private show(rect: Rect): void {
    this.document.painted(rect);
    this.overlay.recompose(rect);
  }
}
