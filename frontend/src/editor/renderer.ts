/** What draws a film and its masks. An edit never asks it anything: whatever draws, the masks are the same. */

import type { Masks, Rect } from "./mask";
import type { Size, View } from "./view";
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
