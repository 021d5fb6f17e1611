/** Which renderer draws a film on this machine. */

import { CanvasRenderer } from "./canvas2d/renderer";
import type { Film } from "./film";
import type { Renderer } from "./renderer";
import { openRenderer } from "./webgl/renderer";
import type { Window } from "./window";

/** What draws this film on this machine. ``lost`` is told once if it cannot any more: then another is to be made. */
export function rendererOf(film: Film, window: Window, lost: () => void): Renderer {
  return openRenderer(film, window, lost) ?? new CanvasRenderer(film, window, lost);
}
