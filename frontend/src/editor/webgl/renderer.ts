/** The WebGL2 renderer: film and masks as textures of the film's size, their edges as lines, on the page's one context. */

import type { Film } from "../film";
import { clip, type Masks, type Rect, union } from "../mask";
import { forEdges, Tiles } from "../outline";
import type { Frame, Renderer, Scene } from "../renderer";
import { NOWHERE, SMOOTH, seenOf, toScreen, wholeOf } from "../view";
import type { Window } from "../window";
import { type Gpu, gpu } from "./gpu";

interface Edges {
  array: WebGLVertexArrayObject;
  buffer: WebGLBuffer;
  count: number;
}

const EDGE = 5; // numbers of 16 bits: both ends, and the finding
const NOWHERE_RGB = [1, 3, 5].map((at) => Number.parseInt(NOWHERE.slice(at, at + 2), 16) / 255);

/** Null where there is no graphics card, or none that holds a film of this size. */
export function openRenderer(film: Film, window: Window, lost: () => void): Renderer | null {
  const device = gpu();
  if (!device || Math.max(film.width, film.height) > device.largest) return null;
  const renderer = new GpuRenderer(device, film, window, lost);
  if (device.gl.getError() === device.gl.NO_ERROR) return renderer;
  renderer.destroy(); // out of its memory
  return null;
}

class GpuRenderer implements Renderer {
  private readonly raw: WebGLTexture;
  private readonly greys: WebGLTexture;
  private readonly bytes: WebGLTexture;
  private readonly colours: WebGLTexture;
  private readonly target: WebGLFramebuffer;
  private readonly outlines: Tiles<Edges | null>;
  private stale: Rect | null; // where the texture's bytes are not the scene's
  private readonly unlisten: () => void;

  constructor(
    private readonly device: Gpu,
    private readonly film: Film,
    window: Window,
    lost: () => void,
  ) {
    const { gl } = device;
    this.unlisten = device.onLost(lost);
    this.stale = wholeOf(film);
    const wide = film.data instanceof Uint16Array;
    const levels = 1 + Math.floor(Math.log2(Math.max(film.width, film.height)));
    this.raw = this.texture(wide ? gl.R16UI : gl.R8UI, film.width, film.height);
    const kind = wide ? gl.UNSIGNED_SHORT : gl.UNSIGNED_BYTE;
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, film.width, film.height, gl.RED_INTEGER, kind, film.data);
    this.greys = this.texture(gl.R8, film.width, film.height, levels);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
    this.bytes = this.texture(gl.R8UI, film.width, film.height);
    this.colours = this.texture(gl.RGBA8, 256, 1);
    this.target = gl.createFramebuffer()!;
    this.outlines = new Tiles<Edges | null>(
      film,
      (masks, corners) => this.trace(masks, corners),
      (traced) => this.drop(traced),
    );
    this.expose(window);
  }

  expose({ low, high, invert }: Window): void {
    const { gl, expose } = this.device;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.target);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, this.greys, 0);
    gl.viewport(0, 0, this.film.width, this.film.height);
    gl.disable(gl.SCISSOR_TEST);
    gl.disable(gl.BLEND);
    gl.useProgram(expose.use);
    this.bind(0, this.raw);
    gl.uniform1i(expose.at.raw!, 0);
    gl.uniform1f(expose.at.low!, low);
    gl.uniform1f(expose.at.gain!, 1 / Math.max(1, high - low));
    gl.uniform1i(expose.at.invert!, Number(invert));
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    this.bind(0, this.greys);
    gl.generateMipmap(gl.TEXTURE_2D);
  }

  outdate(rect: Rect, bytes: boolean): void {
    this.outlines.forget(rect);
    if (bytes) this.stale = union(this.stale, rect);
  }

  paint(context: CanvasRenderingContext2D, frame: Frame, scene: Scene | null): void {
    const { gl, canvas } = this.device;
    const { width, height } = frame.screen;
    if (!this.device.reach(frame.screen)) return;
    const part = frame.part ?? wholeOf(frame.screen);
    const [x, y] = [Math.max(0, Math.floor(part.x0)), Math.max(0, Math.floor(part.y0))];
    const [w, h] = [Math.min(width, Math.ceil(part.x1)) - x, Math.min(height, Math.ceil(part.y1)) - y];
    if (w <= 0 || h <= 0) return;
    gl.viewport(0, canvas.height - height, width, height);
    gl.enable(gl.SCISSOR_TEST);
    gl.scissor(x, canvas.height - y - h, w, h);
    gl.disable(gl.BLEND);
    this.drawFilm(frame, scene);
    if (scene?.look.outlined) this.drawEdges(frame, scene);
    context.drawImage(canvas, x, y, w, h, x, y, w, h);
  }

  destroy(): void {
    const { gl } = this.device;
    this.unlisten();
    this.outlines.forget(wholeOf(this.film));
    for (const texture of [this.raw, this.greys, this.bytes, this.colours]) gl.deleteTexture(texture);
    gl.deleteFramebuffer(this.target);
  }

  private drawFilm({ view, screen }: Frame, scene: Scene | null): void {
    const { gl, film, canvas } = this.device;
    const corner = toScreen(view, screen, { x: 0, y: 0 });
    const tinted = scene?.look.filled ?? false;
    gl.useProgram(film.use);
    if (scene && tinted) this.loadBytes(scene);
    this.bind(0, this.greys);
    this.bind(1, this.bytes);
    this.bind(2, this.colours);
    for (const [unit, name] of ["greys", "bytes", "colours"].entries()) gl.uniform1i(film.at[name]!, unit);
    gl.uniform2f(film.at.size!, this.film.width, this.film.height);
    gl.uniform2f(film.at.corner!, corner.x, corner.y);
    gl.uniform1f(film.at.top!, canvas.height);
    gl.uniform1f(film.at.scale!, view.scale);
    gl.uniform1f(film.at.smoothest!, SMOOTH);
    gl.uniform3fv(film.at.nowhere!, NOWHERE_RGB);
    gl.uniform1i(film.at.tinted!, Number(tinted));
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  /** The bytes where they are stale, and their colours, which are few. */
  private loadBytes({ masks, bytes, table }: Scene): void {
    const { gl } = this.device;
    const rect = this.stale && clip(masks, this.stale.x0, this.stale.y0, this.stale.x1, this.stale.y1);
    this.stale = null;
    this.bind(2, this.colours);
    const rgba = new Uint8Array(table.buffer);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, 256, 1, gl.RGBA, gl.UNSIGNED_BYTE, rgba);
    if (!rect) return;
    const { x0, y0, x1, y1 } = rect;
    this.bind(1, this.bytes);
    gl.pixelStorei(gl.UNPACK_ROW_LENGTH, masks.width);
    gl.texSubImage2D(
      gl.TEXTURE_2D,
      0,
      x0,
      y0,
      x1 - x0,
      y1 - y0,
      gl.RED_INTEGER,
      gl.UNSIGNED_BYTE,
      bytes,
      y0 * masks.width + x0,
    );
    gl.pixelStorei(gl.UNPACK_ROW_LENGTH, 0);
  }

  /** Outlines lie along pixel edges, one line wide at every zoom. */
  private drawEdges(frame: Frame, { masks, look }: Scene): void {
    const { gl, edges } = this.device;
    const { view, screen } = frame;
    const tiles = this.outlines.inside(masks, seenOf(frame));
    const corner = toScreen(view, screen, { x: 0, y: 0 });
    const lines = new Float32Array(32);
    for (const [bit, color] of look.colors.entries()) {
      const width = bit === look.active ? 2 : 1.25;
      lines.set([...color.map((value) => value / 255), look.visible & (1 << bit) ? width : 0], bit * 4);
    }
    gl.useProgram(edges.use);
    gl.uniform2f(edges.at.screen!, screen.width, screen.height);
    gl.uniform2f(edges.at.corner!, corner.x, corner.y);
    gl.uniform1f(edges.at.scale!, view.scale);
    gl.uniform4fv(edges.at.lines!, lines);
    gl.uniform1ui(edges.at.ghosts!, look.ghosts);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
    for (const tile of tiles) {
      if (!tile) continue;
      gl.bindVertexArray(tile.array);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, tile.count);
    }
    gl.bindVertexArray(null);
  }

  /** The edges of a tile, in the order of their findings. */
  private trace(masks: Masks, corners: Rect): Edges | null {
    const byFinding: number[][] = [];
    forEdges(masks, corners, (bit, x0, y0, x1, y1) => {
      byFinding[bit] ??= [];
      byFinding[bit].push(x0, y0, x1, y1, bit);
    });
    const numbers = Uint16Array.from(byFinding.flat());
    if (!numbers.length) return null;
    const { gl } = this.device;
    const [array, buffer] = [gl.createVertexArray()!, gl.createBuffer()!];
    gl.bindVertexArray(array);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, numbers, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 4, gl.UNSIGNED_SHORT, false, EDGE * 2, 0);
    gl.vertexAttribDivisor(0, 1);
    gl.enableVertexAttribArray(1);
    gl.vertexAttribIPointer(1, 1, gl.UNSIGNED_SHORT, EDGE * 2, 8);
    gl.vertexAttribDivisor(1, 1);
    gl.bindVertexArray(null);
    return { array, buffer, count: numbers.length / EDGE };
  }

  private drop(traced: Edges | null): void {
    if (!traced) return;
    this.device.gl.deleteVertexArray(traced.array);
    this.device.gl.deleteBuffer(traced.buffer);
  }

  private bind(unit: number, texture: WebGLTexture): void {
    const { gl } = this.device;
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(gl.TEXTURE_2D, texture);
  }

  /** A texture that is bound now, read as it is unless it is told to be smoothed. */
  private texture(format: number, width: number, height: number, levels = 1): WebGLTexture {
    const { gl } = this.device;
    const texture = gl.createTexture()!;
    this.bind(0, texture);
    gl.texStorage2D(gl.TEXTURE_2D, levels, format, width, height);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    return texture;
  }
}
