/** A film behind a window, on whatever draws it here: when that is lost another takes over where it was. */

import type { Film } from "./film";
import type { Rect } from "./mask";
import type { Frame, Renderer, Scene } from "./renderer";
import { rendererOf } from "./renderers";
import { autoWindow, dragWindow, type Window } from "./window";

export class Plate {
  readonly automatic: Window;
  /** Told when another renderer has taken over: what is on the screen is to be drawn again. */
  onLost: () => void = () => undefined;
  private now: Window;
  private renderer: Renderer;

  /** Makes the film's greys, which is what takes the time: it may be done ahead. For one pane. */
  constructor(readonly film: Film) {
    this.automatic = autoWindow(film);
    this.now = this.automatic;
    this.renderer = this.begin();
  }

  get window(): Window {
    return this.now;
  }

  set window(window: Window) {
    if (window === this.now) return;
    this.now = window;
    this.renderer.expose(window);
  }

  /** Right-drag by these shares of the screen. */
  dragWindow(dx: number, dy: number): void {
    const range = this.film.data instanceof Uint8Array ? 256 : this.automatic.high * 1.5;
    this.window = dragWindow(this.now, dx, dy, range);
  }

  outdate(rect: Rect, bytes: boolean): void {
    this.renderer.outdate(rect, bytes);
  }

  paint(context: CanvasRenderingContext2D, frame: Frame, scene: Scene | null): void {
    this.renderer.paint(context, frame, scene);
  }

  /** Draw with another renderer from now on, from what is known here: the film, its window. */
  renew(): void {
    this.renderer.destroy();
    this.renderer = this.begin();
  }

  destroy(): void {
    this.renderer.destroy();
  }

  private begin(): Renderer {
    return rendererOf(this.film, this.now, () => {
      this.renew();
      this.onLost();
    });
  }
}
