/** What draws a film and its masks. An edit never asks it anything: whatever draws, the masks are the same. */

import { CanvasRenderer } from "./canvas2d/renderer";
import type { Film } from "./film";
import type { Masks, Rect } from "./mask";
import type { Size, View } from "./view";
import { openRenderer } from "./webgl/renderer";
import type { Window } from "./window";

export type Color = [number, number, number];

export interface Look {
  colors: Color[];
  visible: number; // bits of the findings that are shown
  ghosts: number; // bits of the findings that are said not to be there: a faint broken outline, nothing more
  filled: boolean; // the bytes are drawn through their table
  outlined: boolean;
  active: number;
}

/** What lies over the film: the masks' outlines, and a byte a pixel of the film seen through a table of 256 colours. */
export interface Scene {
  masks: Masks;
  look: Look;
  bytes: Uint8Array;
  table: Uint32Array; // alpha, blue, green, red from the highest byte down
}

/** Where from, how large (device pixels), which part of it (null: all), and whether the view is on the move. */
export interface Frame {
  view: View;
  screen: Size;
  part: Rect | null;
  moving: boolean;
}

export interface Renderer {
  /** Show the film behind another window from now on. */
  expose(window: Window): void;
  /** The masks differ in this rectangle of the film from what was drawn, and with ``bytes`` the bytes do too. */
  outdate(rect: Rect, bytes: boolean): void;
  /** Draw a frame, or its part, on a context whose transform is the identity: the film alone where there is no scene. */
  paint(context: CanvasRenderingContext2D, frame: Frame, scene: Scene | null): void;
  /** Let go of what it holds, at once. */
  destroy(): void;
}

/** What draws this film on this machine. ``lost`` is told once if it cannot any more: then another is to be made. */
export function rendererOf(film: Film, window: Window, lost: () => void): Renderer {
  return openRenderer(film, window, lost) ?? new CanvasRenderer(film, window, lost);
}
