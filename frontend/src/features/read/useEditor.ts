import { useLayoutEffect, useRef, useState } from "react";
import type { Editor } from "../../editor/editor";
import type { State } from "../../editor/state";
import { reading as t } from "../../texts/reading";
import { boxesShown } from "./boxes";
import { type Peek, takeAhead } from "./session/ahead";
import { Sheet } from "./session/sheet";
import type { Opened } from "./session/types";

interface Made {
  of: Opened;
  editor: Editor;
  state: State;
}

const atOnce = (): Promise<void> => Promise.resolve();

/**
 * An editor on the case's film: film first, masks with it as they were left, probability maps when they arrive. With a
 * peek the case that comes next is on the screen, to be looked at; the one at hand stays as it is behind it.
 */
export function useEditor(opened: Opened | null, attempt: number, peek: Peek | null) {
  const film = useRef<HTMLElement>(null);
  const own = useRef<Sheet | null>(null);
  const [made, setMade] = useState<Made | null>(null);
  const [error, setError] = useState<Error | null>(null);

  // Before the browser paints: a film that was laid ahead is there with the frame that shows its case.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt fetches again what did not come
  useLayoutEffect(() => {
    if (!opened) return;
    let gone = false;
    const sheet = takeAhead(opened) ?? new Sheet(opened, atOnce);
    own.current = sheet;
    const show = (editor: Editor | null): void => {
      if (gone || !editor) return;
      const tell = (): void => setMade({ of: opened, editor, state: editor.state() });
      editor.subscribe(tell);
      tell();
    };
    setError(null);
    if (sheet.editor) show(sheet.editor);
    else void sheet.film.then(show, () => undefined);
    sheet.whole.catch((problem: Error) => !gone && setError(problem));
    return () => {
      gone = true;
      own.current = null;
      sheet.destroy();
      setMade(null);
    };
  }, [opened, attempt]);

  useLayoutEffect(() => {
    const top = peek?.sheet ?? own.current;
    if (film.current) putOnTop(film.current, top);
    if (!top) return;
    top.canvas.inert = peek !== null;
    top.editor?.showBoxes(boxesShown()); // a film that was laid ahead knows nothing of what was chosen since
    top.canvas.setAttribute("aria-label", t.filmNamed(top.on.told.image.file_name));
  });

  const focusFilm = (): void => own.current?.canvas.focus({ preventScroll: true });
  /** How large a film is on the screen, in device pixels. */
  const screen = (): { width: number; height: number } => own.current?.canvas ?? { width: 2, height: 2 };
  const now = made?.of === opened ? made : null;
  return { film, focusFilm, screen, editor: now?.editor ?? null, state: now?.state ?? null, error };
}

/** Each sheet has its own canvas, so that one can be drawn while another is looked at: React has no part in that. */
function putOnTop(film: HTMLElement, sheet: Sheet | null): void {
  const now = film.querySelector(":scope > canvas");
  if (now === (sheet?.canvas ?? null)) return;
  now?.remove();
  if (sheet) film.prepend(sheet.canvas);
}
