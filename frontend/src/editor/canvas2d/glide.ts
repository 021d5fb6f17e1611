/**
 * The last whole picture of a pane, film and masks, carried along while the view pans: it is moved as it is, and only what
 * comes into sight is drawn, so a pan costs the same whatever lies on the film. At rest all is drawn as ever.
 */

import type { Rect } from "../mask";
import type { Frame } from "../renderer";
import type { View } from "../view";
import { resize, strips } from "./backdrop";

const MOST = 1 / 8; // of the screen may be drawn anew each frame: then another picture is taken

/** Draw a frame, or a part of it that has just come into sight. */
export interface Painter {
  whole: (context: CanvasRenderingContext2D, frame: Frame) => void;
  strip: (context: CanvasRenderingContext2D, frame: Frame, strip: Rect) => void;
}

interface Shown {
  view: View;
  look: string; // all that makes the picture what it is, but where the view is
}

export class Glide {
  private readonly picture = document.createElement("canvas");
  private taken: Shown | null = null;
  private last: Shown | null = null;

  /** The picture is no longer what would be drawn. */
  forget(): void {
    this.taken = null;
  }

  /** Two frames of the same ``look`` at the same zoom and size differ in nothing but their place. */
  paint(context: CanvasRenderingContext2D, frame: Frame, look: string, painter: Painter): void {
    const { view, screen } = frame;
    const now = { view, look: `${view.scale} ${screen.width} ${screen.height} ${look}` };
    const { last } = this;
    this.last = now;
    if (!frame.moving) this.forget(); // at rest there is a finer one
    const carries = frame.moving && !frame.part && last?.look === now.look;
    if (!carries || (this.taken?.look !== now.look && isStill(last.view, view))) {
      painter.whole(context, frame);
      return;
    }
    const from = this.taken?.look === now.look ? this.taken.view : this.take(frame, now, painter);
    let uncovered = this.uncovered(from, frame);
    if (uncovered.share > MOST) uncovered = this.uncovered(this.take(frame, now, painter), frame);
    context.drawImage(this.picture, uncovered.dx, uncovered.dy);
    for (const strip of uncovered.strips) painter.strip(context, frame, strip);
  }

  /** How far the picture is carried, in whole pixels (at rest the last half of one is made good), and what that bares. */
  private uncovered(from: View, { view, screen }: Frame): { dx: number; dy: number; strips: Rect[]; share: number } {
    const dx = Math.round((from.cx - view.cx) * view.scale);
    const dy = Math.round((from.cy - view.cy) * view.scale);
    const share = Math.abs(dx) / screen.width + Math.abs(dy) / screen.height;
    return { dx, dy, strips: strips(dx, dy, screen), share };
  }

  private take(frame: Frame, now: Shown, painter: Painter): View {
    const { picture } = this;
    resize(picture, frame.screen);
    painter.whole(picture.getContext("2d", { alpha: false })!, frame);
    this.taken = now;
    return now.view;
  }
}

function isStill(a: View, b: View): boolean {
  return a.cx === b.cx && a.cy === b.cy;
}
