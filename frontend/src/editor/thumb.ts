/** A mask at the size of a thumbnail, straight from its runs: no film-sized array is made, and no lesion vanishes. */

import type { Plate } from "./plate";
import type { Color } from "./renderer";
import { type Rle, runsOf } from "./rle";
import { fit } from "./view";

export interface Thumb {
  width: number;
  height: number;
  /** Row-major: 0 outside, 1 inside, 2 on the border. */
  pixels: Uint8Array;
}

/** The mask of an RLE (height, width) fitted into ``size`` px, never enlarged: a small pixel is inside where any pixel
 * under it is. */
export function thumbOf(rle: Rle, size: number): Thumb {
  const [tall, wide] = [rle.size[0]!, rle.size[1]!];
  const scale = Math.min(1, size / Math.max(tall, wide));
  const width = Math.max(1, Math.round(wide * scale));
  const height = Math.max(1, Math.round(tall * scale));
  const pixels = new Uint8Array(width * height);
  let at = 0;
  runsOf(rle).forEach((run, i) => {
    if (i % 2) {
      for (let from = at; from < at + run; ) {
        const x = Math.floor(from / tall);
        const to = Math.min(at + run, (x + 1) * tall);
        fill(pixels, width, Math.floor((x * width) / wide), span(from - x * tall, to - x * tall, height / tall));
        from = to;
      }
    }
    at += run;
  });
  markBorder(pixels, width, height);
  return { width, height, pixels };
}

function span(y0: number, y1: number, scale: number): [number, number] {
  return [Math.floor(y0 * scale), Math.floor((y1 - 1) * scale)];
}

function fill(pixels: Uint8Array, width: number, x: number, [top, bottom]: [number, number]): void {
  for (let y = top; y <= bottom; y++) pixels[y * width + x] = 1;
}

function markBorder(pixels: Uint8Array, width: number, height: number): void {
  const inside = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < width && y < height && pixels[y * width + x] !== 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!pixels[y * width + x]) continue;
      if (!inside(x - 1, y) || !inside(x + 1, y) || !inside(x, y - 1) || !inside(x, y + 1)) pixels[y * width + x] = 2;
    }
  }
}

/** A thumbnail in a colour, its border stronger than its inside. */
export function drawThumb({ width, height, pixels }: Thumb, canvas: HTMLCanvasElement, color: Color): void {
  canvas.width = width;
  canvas.height = height;
  const image = new ImageData(width, height);
  pixels.forEach((value, i) => {
    if (value) image.data.set([...color, value === 2 ? 255 : 70], 4 * i);
  });
  canvas.getContext("2d")!.putImageData(image, 0, 0);
}

/** The film fitted into a canvas, with a mask over it in a colour. */
export function drawThumbnail(canvas: HTMLCanvasElement, plate: Plate, rle: Rle, color: Color): void {
  const { film } = plate;
  const context = canvas.getContext("2d")!;
  const view = fit(film, canvas);
  plate.paint(context, { view, screen: canvas, part: null, moving: true }, null);
  const [width, height] = [film.width * view.scale, film.height * view.scale];
  const mask = document.createElement("canvas");
  drawThumb(thumbOf(rle, Math.max(width, height)), mask, color);
  context.imageSmoothingEnabled = false;
  context.drawImage(mask, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
}
