/** What a page needs to know of an editor, and what it may choose. */

import type { Color } from "./renderer";
import type { KeptScope, Scope } from "./scope";
import type { View } from "./view";
import type { Window } from "./window";

/** What failed while a film was drawn: what drew the film (something else draws it now), or the canvas itself. */
export type Fault = "renderer" | "canvas";

export type Tool = "brush" | "eraser" | "lasso" | "smart" | "threshold" | "pan";

/** Colour-blind-safe (after Okabe and Ito), told apart by name and key as well. */
export const COLORS: Color[] = [
  [230, 159, 0],
  [86, 180, 233],
  [0, 200, 140],
  [240, 228, 66],
  [213, 94, 0],
  [204, 121, 167],
  [120, 150, 255],
  [200, 200, 200],
];

/** Added, and taken away: blue and orange are told apart by every eye. */
export const DIFFERENCE: Color[] = [
  [64, 160, 255],
  [255, 150, 30],
];

export interface State {
  tool: Tool;
  finding: number;
  radius: number;
  outline: boolean;
  invert: boolean;
  canUndo: boolean;
  canRedo: boolean;
  hasMaps: boolean;
  areas: number[];
  edited: boolean[]; // by finding: the mask differs from the pseudo mask
  touched: boolean[]; // by finding: gestures that stand have changed the mask that was loaded
  threshold: number; // where the chosen finding's slider stands, 1–255
  revisions: number[]; // by finding: grows with every change of its mask
  visible: boolean[];
  scope: Scope["kind"]; // where the probability slider acts
  doubt: boolean; // the overlay of doubt is on
  boxes: boolean; // a box is shown around each region
  teachers: number; // whose masks of the chosen finding are here
  fault: Fault | null; // what failed of that which draws
}

/** How a reader sits at a film, for another sitting to go on from: what is chosen, the sliders, where they look. */
export interface Sitting {
  finding: number;
  tool: Tool;
  radii: number[]; // by finding: brush sizes in pixels of the film
  sliders: number[]; // by finding: 1–255
  scope: KeptScope | null;
  view: View | null; // null: the whole film, whatever the screen
  window: Window | null; // null: the automatic one
}

export interface Options {
  findings: number;
  threshold?: number; // where sliders start, 1–255
  readOnly?: boolean;
}
