/** The case that comes next, laid out before it is asked for: its film, masks and maps, its first frame drawn. */

import type { Editor } from "../../../editor/editor";
import type { State } from "../../../editor/state";
import type { Size } from "../../../editor/view";
import { Sheet } from "./sheet";
import type { Case, Opened } from "./types";

/** What stands on a sheet that is ready. */
export interface Peek {
  sheet: Sheet;
  told: Case;
  editor: Editor;
  state: State; // counting a large film's masks takes a while: not when it is to be shown
}

interface Ahead {
  reader: number; // whose eyes it was laid out for
  after: number; // the case that it comes after
  sheet: Sheet;
  ready: Peek | null;
}

const READY = "next case ready";
let ahead: Ahead | null = null; // one: memory does not grow with the worklist

/** Have the case that comes after another ready, as it is told now, on a sheet of this size (device pixels). */
export function layAhead(reader: number, after: number, told: Case, screen: Size): void {
  if (ahead?.reader === reader && isAlike(ahead.sheet.on.told, told)) {
    ahead.after = after;
    return;
  }
  letGo();
  const sheet = new Sheet({ told, draft: null }, idle);
  sheet.canvas.width = screen.width;
  sheet.canvas.height = screen.height;
  const mine: Ahead = { reader, after, sheet, ready: null };
  ahead = mine;
  sheet.whole
    .then(async (editor) => {
      await drawn();
      if (!editor) return;
      mine.ready = { sheet, told, editor, state: editor.state() };
      performance.clearMarks(READY);
      performance.mark(READY, { detail: told.id }); // for whoever profiles the page
    })
    .catch(() => ahead === mine && letGo()); // what went wrong is tried again when it is asked for
}

/** The case that comes after this one, if its first frame is there. */
export function peekAhead(reader: number, after: number): Peek | null {
  return ahead?.reader === reader && ahead.after === after ? ahead.ready : null;
}

/** The sheet that was laid ahead, ready or on its way, if this very case stands on it: nobody has touched it since. */
export function takeAhead({ told, reader, draft }: Pick<Opened, "told" | "reader" | "draft">): Sheet | null {
  if (ahead?.reader !== reader || draft || !isAlike(ahead.sheet.on.told, told)) return null;
  const { sheet } = ahead;
  ahead = null; // it is destroyed by whoever has it now
  return sheet;
}

/** Nobody will ask for it any more. */
export function letGo(): void {
  ahead?.sheet.destroy();
  ahead = null;
}

/** Whether a reader would see the same: all but the lease. */
export function isAlike(one: Case, other: Case): boolean {
  return content(one) === content(other);
}

function content({ fence: _, version: __, lease_seconds: ___, ...shown }: Case): string {
  return JSON.stringify(shown);
}

/** When the page has a moment: the film at hand comes first. */
function idle(): Promise<void> {
  return new Promise((resolve) => {
    if ("requestIdleCallback" in globalThis) requestIdleCallback(() => resolve(), { timeout: 1_000 });
    else setTimeout(resolve, 50);
  });
}

/** Once the frame that is due has been drawn. */
function drawn(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => resolve()));
}
