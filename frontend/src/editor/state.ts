/** What a page needs to know of an editor, and what it may choose. */

import type { Color } from "./render2d";

export type Tool = "brush" | "eraser" | "lasso";

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
  revisions: number[]; // by finding: grows with every change of its mask
  visible: boolean[];
}

export interface Options {
  findings: number;
  readOnly?: boolean;
}
