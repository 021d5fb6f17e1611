/** The one WebGL2 context of a page: on a canvas that is never shown, from which every pane copies its picture. */

import { rendererChoice } from "../choice";
import type { Size } from "../view";
import { EDGES, EXPOSE, FILM } from "./shaders";

// Computed by the processor whatever they are called: canvas2D is the quicker way to use one.
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

export interface Program {
  use: WebGLProgram;
  at: Record<string, WebGLUniformLocation | null>;
}

export class Gpu {
  readonly canvas: HTMLCanvasElement;
  readonly expose: Program;
  readonly film: Program;
  readonly edges: Program;
  readonly largest: number; // pixels a side of a texture
  private readonly losses = new Set<() => void>();

  constructor(readonly gl: WebGL2RenderingContext) {
    this.canvas = gl.canvas as HTMLCanvasElement;
    this.largest = Number(gl.getParameter(gl.MAX_TEXTURE_SIZE));
    this.expose = build(gl, EXPOSE, ["raw", "low", "gain", "invert"]);
    const of = ["greys", "colours", "bytes", "size", "corner", "top", "scale", "smoothest", "nowhere", "tinted"];
    this.film = build(gl, FILM, of);
    this.edges = build(gl, EDGES, ["screen", "corner", "scale", "lines", "ghosts"]);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    this.canvas.addEventListener("webglcontextlost", () => this.lose(), { once: true });
  }

  /** Be told, once, when the context is lost; the answer takes that back. */
  onLost(listener: () => void): () => void {
    this.losses.add(listener);
    return () => this.losses.delete(listener);
  }

  /** Make the canvas at least this large; without the memory for it, as without the context, all is lost. */
  reach({ width, height }: Size): boolean {
    const { gl, canvas } = this;
    if (canvas.width < width) canvas.width = width; // never smaller again: panes of several sizes share it
    if (canvas.height < height) canvas.height = height;
    const there = gl.drawingBufferWidth >= width && gl.drawingBufferHeight >= height;
    if (there && !gl.isContextLost()) return true;
    this.lose(); // before its event comes
    return false;
  }

  /** A context that was lost is not asked for again: the page goes on without a graphics card until it is reloaded. */
  lose(): void {
    if (shared === this) shared = null;
    const told = [...this.losses];
    this.losses.clear();
    for (const listener of told) listener();
  }
}

let shared: Gpu | null | undefined;

/** This page's context; null where there is no graphics card, where it was lost, and where the reader said so. */
export function gpu(): Gpu | null {
  if (shared === undefined) shared = open();
  return shared;
}

function open(): Gpu | null {
  const choice = rendererChoice();
  if (choice === "canvas2d") return null;
  const gl = document.createElement("canvas").getContext("webgl2", {
    alpha: false,
    antialias: true,
    depth: false,
    stencil: false,
    failIfMajorPerformanceCaveat: choice !== "webgl2",
  });
  if (!gl || (choice !== "webgl2" && !isCard(gl))) return null;
  try {
    return new Gpu(gl);
  } catch (error) {
    console.warn("WebGL2 is there but does not run these programs: drawn by canvas2D.", error);
    return null;
  }
}

function isCard(gl: WebGL2RenderingContext): boolean {
  const unmasked = gl.getExtension("WEBGL_debug_renderer_info")?.UNMASKED_RENDERER_WEBGL;
  return !SOFTWARE.test(String(gl.getParameter(unmasked ?? gl.RENDERER)));
}

function build(
  gl: WebGL2RenderingContext,
  { vertex, fragment }: { vertex: string; fragment: string },
  uniforms: string[],
): Program {
  const use = gl.createProgram()!;
  for (const [kind, text] of [
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const) {
    const shader = gl.createShader(kind)!;
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader) ?? "no shader");
    gl.attachShader(use, shader);
  }
  gl.linkProgram(use);
  if (!gl.getProgramParameter(use, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(use) ?? "no program");
  return { use, at: Object.fromEntries(uniforms.map((name) => [name, gl.getUniformLocation(use, name)])) };
}
