import { useEffect, useRef } from "react";
import type { Editor } from "../../editor/editor";
import { type Action, actionOf, findingOf } from "../../editor/keys";

export type PageActions = Partial<Record<Action, () => unknown>>;

function editorActions(editor: Editor): PageActions {
  const finding = editor.state().finding;
  return {
    brush: () => editor.setTool("brush"),
    eraser: () => editor.setTool("eraser"),
    lasso: () => editor.setTool("lasso"),
    smaller: () => editor.setRadius(editor.state().radius / 1.25),
    larger: () => editor.setRadius(editor.state().radius * 1.25),
    deleteRegion: () => editor.cutRegion(false),
    keepRegion: () => editor.cutRegion(true),
    fill: () => editor.document.fillHoles(finding),
    grow: () => editor.document.grow(finding, true),
    shrink: () => editor.document.grow(finding, false),
    reset: () => editor.document.reset(finding),
    clear: () => editor.document.clear(finding),
    undo: () => editor.document.undo(),
    redo: () => editor.document.redo(),
    outline: () => editor.toggleOutline(),
    invert: () => editor.invert(),
    autoWindow: () => editor.autoWindow(),
    fit: () => editor.fit(),
    hide: () => editor.hold("hide", true),
    original: () => editor.hold("original", true),
    cancel: () => editor.cancel(),
  };
}

// A key held down must not send one verdict after another.
const VERDICTS = new Set<Action>(["accept", "reject", "cannotTell"]);

/** Enter on a button or link presses it; arrows on a slider or a choice move it. */
function belongsToControl(event: KeyboardEvent): boolean {
  const { target } = event;
  if (!(target instanceof HTMLElement)) return false;
  const pressed = target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement;
  const moved = target.getAttribute("role") === "slider" || target instanceof HTMLInputElement;
  return (pressed && event.key === "Enter") || (moved && event.key.startsWith("Arrow"));
}

/** Keys of the reading room: the page's own actions, the editor's, digits for findings. Over the sheet of keys only
 * those that close it: nothing may change behind it. */
export function useKeys(editor: Editor | null, sheet: boolean, page: PageActions): void {
  const latest = useRef({ page, sheet });
  latest.current = { page, sheet };
  useEffect(() => {
    const down = (event: KeyboardEvent): void => {
      const action = actionOf(event);
      const finding = findingOf(event);
      const { page, sheet } = latest.current;
      if (belongsToControl(event) || (sheet && action !== "help" && action !== "cancel")) return;
      if (finding !== null) {
        if (event.shiftKey) editor?.toggleVisible(finding);
        else editor?.setFinding(finding);
      } else if (action && !(event.repeat && VERDICTS.has(action))) {
        event.preventDefault();
        if (editor) editorActions(editor)[action]?.();
        page[action]?.();
      }
    };
    const up = (event: KeyboardEvent): void => {
      const key = event.key.toLowerCase();
      if (key === "h") editor?.hold("hide", false);
      if (key === "o") editor?.hold("original", false);
    };
    // A key let go in another window is never heard of: masks must not stay hidden for that.
    const blur = (): void => {
      editor?.hold("hide", false);
      editor?.hold("original", false);
    };
    addEventListener("keydown", down);
    addEventListener("keyup", up);
    addEventListener("blur", blur);
    return () => {
      removeEventListener("blur", blur);
      removeEventListener("keydown", down);
      removeEventListener("keyup", up);
    };
  }, [editor]);
}
