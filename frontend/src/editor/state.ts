/** What a page needs to know of an editor, and what it may choose. */

import type { Fault } from "./pane";
import type { Color } from "./renderer";
import type { Scope } from "./scope";

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
  fault: Fault | null; // what failed of that which draws
}

export interface Options {
  findings: number;
  threshold?: number; // where sliders start, 1–255
  readOnly?: boolean;
}
