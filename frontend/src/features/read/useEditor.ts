import { useEffect, useRef, useState } from "react";
import { fetchBytes } from "../../api/client";
import { Editor } from "../../editor/editor";
import { parseFilm, parseMaps } from "../../editor/film";
import type { State } from "../../editor/state";
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

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt fetches again what did not come
  useEffect(() => {
    if (!opened || !canvas.current) return;
    let gone = false;
    let editor: Editor | null = null;
    const open = async (): Promise<void> => {
      const { image, labelling_id } = opened.told;
      const film = parseFilm(await fetchBytes(`/api/v1/images/${image.id}/pixels`));
      if (gone || !canvas.current) return;
      const here = layOut(canvas.current, film, opened);
      editor = here;
      const tell = (): void => setMade({ of: opened, editor: here, state: here.state() });
      here.subscribe(tell);
      tell();
      const maps = parseMaps(await fetchBytes(`/api/v1/labellings/${labelling_id}/images/${image.id}/maps`));
      if (!gone) here.loadMaps(maps);
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
function layOut(canvas: HTMLCanvasElement, film: ReturnType<typeof parseFilm>, { told, draft }: Opened): Editor {
  const threshold = Math.max(1, Math.round(told.tau_mask * 255));
  const editor = new Editor(canvas, film, { findings: told.findings.length, threshold });
  told.findings.forEach((finding, bit) => {
    editor.document.load(bit, finding.pseudo, finding.read ?? finding.pseudo);
  });
  told.findings.forEach(({ finding }, bit) => {
    const kept = draft?.masks[finding];
    if (kept) editor.document.restore(bit, kept.mask, kept.made);
  });
  if (draft) editor.placeSliders(draft.sliders);
  const drawn = told.findings.findIndex((finding) => finding.drawn);
  editor.setFinding(draft?.finding ?? Math.max(0, drawn));
  return editor;
}
