import { useLayoutEffect, useRef, useState } from "react";
import { Editor } from "../../editor/editor";
import type { Plate } from "../../editor/plate";
import type { State } from "../../editor/state";
import { takeFilm } from "./ahead";
import type { Opened } from "./useCase";

interface Made {
  of: Opened;
  editor: Editor;
  state: State;
}

/** An editor on the case's film: film first, masks with it as they were left, probability maps when they arrive. */
export function useEditor(opened: Opened | null, attempt: number) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [made, setMade] = useState<Made | null>(null);
  const [error, setError] = useState<Error | null>(null);

  // Before the browser paints: a film that was fetched ahead is there with the frame that shows its case.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt fetches again what did not come
  useLayoutEffect(() => {
    if (!opened || !canvas.current) return;
    let gone = false;
    let editor: Editor | null = null;
    const { film, maps, there } = takeFilm(opened.told.labelling_id, opened.told.image.id, opened.told.blind);
    const show = (plate: Plate): Editor | null => {
      if (gone || !canvas.current) {
        plate.destroy();
        return null;
      }
      const here = layOut(canvas.current, plate, opened);
      editor = here;
      if (there.maps) here.loadMaps(there.maps);
      const tell = (): void => setMade({ of: opened, editor: here, state: here.state() });
      here.subscribe(tell);
      tell();
      return here;
    };
    const open = async (): Promise<void> => {
      const here = there.film ? show(there.film) : show(await film);
      if (!here || there.maps || opened.told.blind) return; // read blind, a film has no maps yet
      const came = await maps();
      if (!gone) here.loadMaps(came);
    };
    setError(null);
    open().catch((problem: Error) => !gone && setError(problem));
    return () => {
      gone = true;
      editor?.destroy();
      setMade(null);
    };
  }, [opened, attempt]);

  const now = made?.of === opened ? made : null;
  return { canvas, editor: now?.editor ?? null, state: now?.state ?? null, error };
}

/** The masks as the server has them, with what this reader had done since on top. */
function layOut(canvas: HTMLCanvasElement, film: Plate, { told, draft }: Opened): Editor {
  const threshold = Math.max(1, Math.round(told.tau_mask * 255));
  const editor = new Editor(canvas, film, { findings: told.findings.length, threshold });
  const laid = told.findings.map(({ pseudo, read, frozen, teachers }) => ({
    pseudo,
    current: read ?? frozen ?? pseudo,
    teachers: teachers.map(({ mask }) => mask),
  }));
  editor.document.lay(laid);
  told.findings.forEach(({ finding }, bit) => {
    const kept = draft?.masks[finding];
    if (kept) editor.document.restore(bit, kept.mask, kept.made);
  });
  const drawn = told.findings.findIndex((finding) => finding.drawn);
  editor.setFinding(Math.max(0, drawn));
  if (draft?.sitting) editor.sitAgain(draft.sitting);
  return editor;
}
