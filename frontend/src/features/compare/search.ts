/** What a comparison's address holds: the list's filters, the case, its panes, how and where it is looked at. */

import type { Schemas } from "../../api/client";
import { FITTED, type Place } from "../../editor/lightbox";
import type { Window } from "../../editor/window";

export type PaneName = Schemas["PaneOut"]["name"];
export type Mode = "side" | "flip" | "difference";
export const PANES: readonly PaneName[] = ["pseudo", "public", "read", "previous"];
export const MODES: readonly Mode[] = ["side", "flip", "difference"];
export const VERDICTS = ["accept", "fix", "reject", "cannot_tell", "unread"] as const;

export interface CompareSearch {
  against?: "read";
  finding?: string;
  source?: number;
  verdict?: (typeof VERDICTS)[number];
  wrong?: boolean;
  dice?: string; // low-high, as the server takes it
  label?: number;
  panes?: string; // names, with dots between them
  mode?: Mode;
  base?: PaneName; // what the others are measured against
  at?: string; // x_y_zoom
  window?: string; // low_high, and _i where it is inverted
}

/** What of an address is a comparison's; the rest is dropped, so that a mistyped one still shows films. */
export function compareSearch(search: Record<string, unknown>): CompareSearch {
  const { against, finding, source, verdict, wrong, dice, label, panes, mode, base, at, window } = search;
  return {
    ...(against === "read" ? { against } : {}),
    ...(typeof finding === "string" ? { finding } : {}),
    ...(Number.isInteger(source) ? { source: Number(source) } : {}),
    ...(VERDICTS.some((word) => word === verdict) ? { verdict: verdict as (typeof VERDICTS)[number] } : {}),
    ...(typeof wrong === "boolean" ? { wrong } : {}),
    ...(typeof dice === "string" && /^[\d.]{1,6}-[\d.]{1,6}$/.test(dice) ? { dice } : {}),
    ...(Number.isInteger(label) ? { label: Number(label) } : {}),
    ...(typeof panes === "string" && panesOf(panes).length ? { panes: panesOf(panes).join(".") } : {}),
    ...(mode === "flip" || mode === "difference" ? { mode } : {}),
    ...(isPane(base) ? { base } : {}),
    ...(typeof at === "string" && placeFrom(at) ? { at } : {}),
    ...(typeof window === "string" && windowFrom(window) ? { window } : {}),
  };
}

/** What a figure's address holds; its panes may be the difference too. */
export interface FigureSearch extends Pick<CompareSearch, "base" | "at" | "window"> {
  panes?: string;
  color?: number;
}

export function figureSearch(search: Record<string, unknown>): FigureSearch {
  const { panes, color } = search;
  const { base, at, window } = compareSearch(search);
  return {
    ...(base ? { base } : {}),
    ...(at ? { at } : {}),
    ...(window ? { window } : {}),
    ...(typeof panes === "string" && /^[a-z.]{1,60}$/.test(panes) ? { panes } : {}),
    ...(Number.isInteger(color) && Number(color) >= 0 && Number(color) < 8 ? { color: Number(color) } : {}),
  };
}

function isPane(name: unknown): name is PaneName {
  return PANES.some((pane) => pane === name);
}

/** Known names, each once, in the house's order. */
export function panesOf(text: string): PaneName[] {
  const named = text.split(".");
  return PANES.filter((pane) => named.includes(pane));
}

export function placeFrom(text: string | undefined): Place | null {
  const [x, y, zoom, more] = (text ?? "").split("_").map(Number);
  if (x === undefined || y === undefined || zoom === undefined || more !== undefined) return null;
  return [x, y, zoom].every(Number.isFinite) && zoom > 0.01 && zoom < 1000 ? { x, y, zoom } : null;
}

export function placeText({ x, y, zoom }: Place): string | undefined {
  if (x === FITTED.x && y === FITTED.y && zoom === FITTED.zoom) return undefined;
  return [x, y, zoom].map((value) => String(Number(value.toFixed(4)))).join("_");
}

export function windowFrom(text: string | undefined): Window | null {
  const found = /^(-?[\d.]+)_(-?[\d.]+)(_i)?$/.exec(text ?? "");
  if (!found) return null;
  const [low, high] = [Number(found[1]), Number(found[2])];
  return Number.isFinite(low) && Number.isFinite(high) && low < high ? { low, high, invert: Boolean(found[3]) } : null;
}

export function windowText({ low, high, invert }: Window): string {
  return `${Math.round(low)}_${Math.max(Math.round(low) + 1, Math.round(high))}${invert ? "_i" : ""}`;
}
