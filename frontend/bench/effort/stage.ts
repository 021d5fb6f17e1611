/** A screen without a browser, and a hand that counts: the editor hears the pointer events it would hear from a mouse. */

import { Editor } from "../../src/editor/editor";
import type { Film } from "../../src/editor/film";
import type { Point } from "../../src/editor/mask";
import { fit, toScreen } from "../../src/editor/view";
import { distance, straightened } from "./straight";

const SCREEN = { width: 1024, height: 1024 };
const SLACK = 12; // screen pixels that a hand may leave a line by, and still draw it: one and a half of the film's
const SLIDER = { x: 1150, y: 420, length: 280 }; // where the page has it, in screen pixels

/** What the editor asks of a browser and does not need to be right: canvases that draw nothing, frames that never come. */
export function raiseStage(): void {
  const stage = globalThis as Record<string, unknown>;
  const context = new Proxy({}, { get: () => () => undefined, set: () => true });
  const getContext = (kind: string): object | null => (kind === "2d" ? context : null);
  const canvas = (): object => ({ getContext, addEventListener: () => undefined });
  stage.document = { createElement: canvas, body: null };
  stage.ResizeObserver = class {
    observe(): void {}
    disconnect(): void {}
  };
  stage.ImageData = class {
    data: Uint8ClampedArray;
    constructor(width: number, height: number) {
      this.data = new Uint8ClampedArray(width * height * 4);
    }
  };
  stage.requestAnimationFrame = () => 0;
  stage.cancelAnimationFrame = () => undefined;
  stage.addEventListener ??= () => undefined;
}

class Glass extends EventTarget {
  width = SCREEN.width;
  height = SCREEN.height;
  clientWidth = SCREEN.width;
  clientHeight = SCREEN.height;
  style = {};
  private readonly context = new Proxy({}, { get: () => () => undefined, set: () => true });
  getContext = (): object => this.context;
  getBoundingClientRect = () => ({ left: 0, top: 0, width: SCREEN.width, height: SCREEN.height });
  setPointerCapture = (): void => undefined;
  focus = (): void => undefined;
}

/** What a fix took: every press of the pointer and of a key is a gesture; travel is in screen pixels. Of the travel,
 * what was drawn with the button down, and in how many straight stretches; how often the pointer was brought somewhere. */
export interface Effort {
  gestures: number;
  keys: number;
  travel: number;
  points: number;
  stretches: number;
  drawn: number;
}

/** One hand on the mouse, one on the keys, neither of them perfect. */
export class Hand {
  readonly editor: Editor;
  readonly effort: Effort = { gestures: 0, keys: 0, travel: 0, points: 0, stretches: 0, drawn: 0 };
  private readonly glass = new Glass();
  private at: Point = { x: SCREEN.width / 2, y: SCREEN.height / 2 };

  constructor(
    private readonly film: Film,
    private readonly random: () => number,
    private readonly noise: number, // standard deviation of where a press lands, film pixels
  ) {
    this.editor = new Editor(this.glass as unknown as HTMLCanvasElement, film, { findings: 1 });
  }

  /** Press a key that does this. */
  key(act: () => void): void {
    this.effort.keys++;
    this.effort.gestures++;
    act();
  }

  /** Bring the pointer over a pixel, without a press. */
  hover(to: Point): void {
    this.effort.points++;
    this.send("pointermove", this.aim(to), false);
  }

  /** Press, drag along the points, let go. ``shift``: held meanwhile, a key of its own. */
  drag(path: readonly Point[], shift = false): void {
    if (shift) this.effort.keys++;
    this.effort.gestures += shift ? 2 : 1;
    const [first, ...rest] = path.map((point) => this.aim(point));
    this.send("pointerdown", first!, shift);
    this.draw([first!, ...rest]);
    for (const point of rest) this.send("pointermove", point, shift);
    this.send("pointerup", this.at, shift);
  }

  /** Turn the wheel until the brush has about this radius: one gesture, however many notches. */
  resize(radius: number): void {
    this.effort.gestures++;
    this.editor.setRadius(radius);
  }

  /** Drag the probability slider to a value, and let go. */
  slide(value: number): void {
    this.effort.gestures++;
    const from = this.editor.state().threshold;
    const aimed = Math.round(Math.min(255, Math.max(1, value + this.normal() * 2)));
    const x = (v: number): number => SLIDER.x + (v / 255) * SLIDER.length;
    this.travelTo({ x: x(from), y: SLIDER.y });
    this.draw([x(from), x(aimed)].map((place) => ({ x: place, y: SLIDER.y })));
    for (let step = 1; step <= 8; step++) this.editor.slide(Math.round(from + ((aimed - from) * step) / 8));
    this.editor.document.commitThreshold();
    this.travelTo({ x: x(aimed), y: SLIDER.y });
  }

  /** Count what is drawn along these points, once the pointer is where it begins. */
  private draw(path: readonly Point[]): void {
    const corners = straightened(path, SLACK);
    this.effort.points++;
    this.effort.stretches += corners.length - 1;
    this.effort.drawn += corners.slice(1).reduce((sum, to, i) => sum + distance(corners[i]!, to), 0);
  }

  private aim(point: Point): Point {
    const noisy = { x: point.x + this.normal() * this.noise, y: point.y + this.normal() * this.noise };
    return toScreen(fit(this.film, SCREEN), SCREEN, noisy);
  }

  private send(type: string, to: Point, shiftKey: boolean): void {
    this.travelTo(to);
    const event = new Event(type);
    const values = { clientX: to.x, clientY: to.y, button: 0, pointerId: 1, shiftKey };
    this.glass.dispatchEvent(Object.assign(event, values));
  }

  private travelTo(to: Point): void {
    this.effort.travel += distance(this.at, to);
    this.at = to;
  }

  private normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.random())) * Math.cos(2 * Math.PI * this.random());
  }
}
