import { useEffect, useRef } from "react";
import type { Editor } from "../../editor/editor";
import { type Action, actionOf, digitOf } from "../../editor/keys";
import type { Held } from "../../editor/overlay";
import { turnBoxes } from "./boxes";

export type PageActions = Partial<Record<Action, () => unknown>>;

function editorActions(editor: Editor): PageActions {
  const { finding, radius } = editor.state();
  const { document } = editor;
  return {
    brush: () => editor.setTool("brush"),
    eraser: () => editor.setTool("eraser"),
    smart: () => editor.setTool("smart"),
    lasso: () => editor.setTool("lasso"),
    scope: () => editor.setTool("threshold"),
    pan: () => editor.setTool("pan"),
    smaller: () => editor.setRadius(radius / 1.25),
    larger: () => editor.setRadius(radius * 1.25),
    deleteRegion: () => editor.cutRegion(false),
    keepRegion: () => editor.cutRegion(true),
    fill: () => document.fillHoles(finding),
    grow: () => document.grow(finding, true),
    shrink: () => document.grow(finding, false),
    reset: () => document.reset(finding),
    clear: () => document.clear(finding),
    undo: () => document.undo(),
    redo: () => document.redo(),
    outline: () => editor.toggleOutline(),
    boxes: () => turnBoxes(editor),
    invert: () => editor.invert(),
    doubt: () => editor.toggleDoubt(),
    autoWindow: () => editor.autoWindow(),
    fit: () => editor.fit(),
    cancel: () => editor.cancel(),
  };
}

/** What a key does, or a command of the palette. */
export function perform(action: Action, editor: Editor | null, page: PageActions): void {
  if (editor) editorActions(editor)[action]?.();
  page[action]?.();
}

// A key held down must not send one verdict after another, nor run along the films.
const ONCE = new Set<Action>(["accept", "reject", "cannotTell", "next", "previous"]);
const HELD = new Set<Action>(["hide", "original", "difference"] satisfies Held[]);

/** Enter on a button or link presses it; arrows on a slider or a choice move it. */
function belongsToControl(event: KeyboardEvent): boolean {
  const { target } = event;
  if (!(target instanceof HTMLElement)) return false;
  const pressed = target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement;
  const moved = target.getAttribute("role") === "slider" || target instanceof HTMLInputElement;
  return (pressed && event.key === "Enter") || (moved && event.key.startsWith("Arrow"));
}

/** What is shown for as long as a key is held. A key let go in another window is never heard of: masks must not stay
 * hidden for that. */
function heldKeys(editor: Editor | null) {
  const held = new Map<string, Held>();
  return {
    press: (code: string, what: Held): void => {
      held.set(code, what);
      editor?.hold(what, true);
    },
    release: (code: string): void => {
      const what = held.get(code);
      if (what) editor?.hold(what, false);
      held.delete(code);
    },
    releaseAll: (): void => {
      for (const what of held.values()) editor?.hold(what, false);
      held.clear();
    },
  };
}

/** Keys of the reading room: the page's own actions, the editor's, digits. Over the sheet of keys only those that close
 * it: nothing may change behind it. ``digit`` may take a digit for itself; else it chooses a finding. */
export function useKeys(
  editor: Editor | null,
  sheet: boolean,
  page: PageActions,
  digit: (n: number) => boolean = () => false,
): void {
  const latest = useRef({ page, sheet, digit });
  latest.current = { page, sheet, digit };
  useEffect(() => {
    const keys = heldKeys(editor);
    const choose = (n: number, shift: boolean): void => {
      if ((!shift && latest.current.digit(n)) || n > 7) return;
      if (shift) editor?.toggleVisible(n);
      else editor?.setFinding(n);
    };
    const down = (event: KeyboardEvent): void => {
      const action = actionOf(event);
      const n = digitOf(event);
      const { page, sheet } = latest.current;
      if (belongsToControl(event) || (sheet && action !== "help" && action !== "cancel")) return;
      if (n !== null) choose(n, event.shiftKey);
      else if (action && HELD.has(action)) keys.press(event.code, action as Held);
      else if (action && !(event.repeat && ONCE.has(action))) {
        event.preventDefault();
        perform(action, editor, page);
      }
    };
    const up = (event: KeyboardEvent): void => keys.release(event.code);
    const { releaseAll } = keys;
    addEventListener("keydown", down);
    addEventListener("keyup", up);
    addEventListener("blur", releaseAll);
    return () => {
      removeEventListener("blur", releaseAll);
      removeEventListener("keydown", down);
      removeEventListener("keyup", up);
    };
  }, [editor]);
}
