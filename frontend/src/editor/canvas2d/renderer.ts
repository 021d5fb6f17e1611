/** The canvas2D renderer: the film's greys on a canvas, the bytes' colours on another, outlines as paths. */

import type { Film } from "../film";
import { clip, type Masks, type Rect, union } from "../mask";
import { forEdges, Tiles } from "../outline";
import type { Frame, Look, Renderer, Scene } from "../renderer";
import { type Size, seenOf, toScreen, wholeOf } from "../view";
import { lookUp, type Window } from "../window";
import { Backdrop, drawFilm } from "./backdrop";
import { Glide } from "./glide";

type Paths = (Path2D | undefined)[]; // by finding

export class CanvasRenderer implements Renderer {
  private readonly greys: HTMLCanvasElement;
  private readonly overlay: HTMLCanvasElement;
  private readonly backdrop: Backdrop;
  private readonly glide = new Glide();
  private readonly outlines: Tiles<Paths>;
  private stale: Rect | null; // where the overlay's colours are not the bytes'
  private exposure = 0;
  private readonly stop = new AbortController();

  constructor(
    private readonly film: Film,
    window: Window,
    lost: () => void,
  ) {
    this.stale = wholeOf(film);
    this.greys = this.sheet(film, lost);
    this.overlay = this.sheet(film, lost);
    this.backdrop = new Backdrop(this.greys);
    this.outlines = new Tiles(film, trace);
    this.expose(window);
  }

  expose(window: Window): void {
    this.exposure++;
    const { data, width, height } = this.film;
    const table = lookUp(window, data instanceof Uint8Array ? 256 : 65536);
    const image = new ImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < data.length; i++) pixels[i] = 0xff000000 | (table[data[i]!]! * 0x010101);
    this.greys.getContext("2d")!.putImageData(image, 0, 0);
  }

  outdate(rect: Rect, bytes: boolean): void {
    this.outlines.forget(rect);
    this.glide.forget();
    if (bytes) this.stale = union(this.stale, rect);
  }

  paint(context: CanvasRenderingContext2D, frame: Frame, scene: Scene | null): void {
    const look = `${this.exposure} ${JSON.stringify(scene?.look)}`;
    this.glide.paint(context, frame, look, {
      whole: (to, { view, screen, moving }) => {
        to.drawImage(this.backdrop.at(view, screen, this.exposure, moving), 0, 0);
        if (scene) this.drawScene(to, frame, scene);
      },
      strip: (to, { view, screen }, part) => {
        to.save();
        to.beginPath();
        to.rect(part.x0, part.y0, part.x1 - part.x0, part.y1 - part.y0);
        to.clip();
        drawFilm(to, this.greys, { view, screen, part, fine: false });
        if (scene) this.drawScene(to, { ...frame, part }, scene);
        to.restore();
      },
    });
  }

  private drawScene(context: CanvasRenderingContext2D, frame: Frame, scene: Scene): void {
    const { view, screen } = frame;
    context.save();
    const corner = toScreen(view, screen, { x: 0, y: 0 });
    context.setTransform(view.scale, 0, 0, view.scale, corner.x, corner.y);
    if (scene.look.filled) {
      this.compose(scene);
      context.imageSmoothingEnabled = false;
      context.drawImage(this.overlay, 0, 0);
    }
    if (scene.look.outlined) this.strokeOutlines(context, frame, scene.masks, scene.look);
    context.restore();
  }

  destroy(): void {
    this.stop.abort();
  }

  /** The bytes' colours where they are stale: a dab touches its own pixels only. */
  private compose({ masks, bytes, table }: Scene): void {
    const rect = this.stale && clip(masks, this.stale.x0, this.stale.y0, this.stale.x1, this.stale.y1);
    this.stale = null;
    if (!rect) return;
    const width = rect.x1 - rect.x0;
    const image = new ImageData(width, rect.y1 - rect.y0);
    const pixels = new Uint32Array(image.data.buffer);
    for (let y = rect.y0, to = 0; y < rect.y1; y++) {
      const row = y * masks.width;
      for (let x = rect.x0; x < rect.x1; x++, to++) {
        const value = bytes[row + x]!;
        if (value) pixels[to] = table[value]!;
      }
    }
    this.overlay.getContext("2d")!.putImageData(image, rect.x0, rect.y0);
  }

  /** Outlines lie along pixel edges, one line wide at every zoom. */
  private strokeOutlines(context: CanvasRenderingContext2D, frame: Frame, masks: Masks, look: Look): void {
    const { scale } = frame.view;
    const tiles = this.outlines.inside(masks, seenOf(frame));
    for (let bit = 0; bit < look.colors.length; bit++) {
      if (!(look.visible & (1 << bit))) continue;
      const ghost = Boolean(look.ghosts & (1 << bit));
      context.strokeStyle = `rgb(${look.colors[bit]!.join(",")})`;
      context.lineWidth = (bit === look.active ? 2 : 1.25) / scale;
      context.setLineDash(ghost ? [2 / scale, 6 / scale] : []);
      context.globalAlpha = ghost ? 0.45 : 1;
      for (const { [bit]: path } of tiles) if (path) context.stroke(path);
    }
  }

  private sheet(size: Size, lost: () => void): HTMLCanvasElement {
    const canvas = document.createElement("canvas");
    canvas.width = size.width;
    canvas.height = size.height;
    canvas.addEventListener("contextlost", lost, { signal: this.stop.signal, once: true });
    return canvas;
  }
}

function trace(masks: Masks, rect: Rect): Paths {
  const paths: Paths = [];
  forEdges(masks, rect, (bit, x0, y0, x1, y1) => {
    paths[bit] ??= new Path2D();
    paths[bit].moveTo(x0, y0);
    paths[bit].lineTo(x1, y1);
  });
  return paths;
}
