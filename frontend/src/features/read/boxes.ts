/** Whether the room shows a box around each region: on every film, kept in this browser. */

import type { Editor } from "../../editor/editor";

const STORE = "overread.boxes";

let shown: boolean | null = null; // on this page, whether the store takes it or not

export function boxesShown(): boolean {
  shown ??= kept();
  return shown;
}

/** Show boxes, or take them off. */
export function turnBoxes(editor: Pick<Editor, "showBoxes">): void {
  shown = !boxesShown();
  editor.showBoxes(shown);
  try {
    if (shown) localStorage.setItem(STORE, "shown");
    else localStorage.removeItem(STORE);
  } catch {
    // a store that is shut: this page remembers
  }
}

function kept(): boolean {
  try {
    return localStorage.getItem(STORE) === "shown";
  } catch {
    return false;
  }
}
