import { useEffect, useRef, useState } from "react";
import { fetchBytes, type Schemas } from "../../api/client";
import { Editor } from "../../editor/editor";
import { parseFilm, parseMaps } from "../../editor/film";
import type { State } from "../../editor/state";

/** An editor on the case's film: film first, masks with it, probability maps when they arrive. */
export function useEditor(told: Schemas["CaseOut"] | null) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [editor, setEditor] = useState<Editor | null>(null);
  const [state, setState] = useState<State | null>(null);
  const [error, setError] = useState<Error | null>(null);

  useEffect(() => {
    if (!told || !canvas.current) return;
    let gone = false;
    let made: Editor | null = null;
    const open = async (): Promise<void> => {
      const film = parseFilm(await fetchBytes(`/api/v1/images/${told.image.id}/pixels`));
      if (gone || !canvas.current) return;
      made = new Editor(canvas.current, film, { findings: told.findings.length });
      told.findings.forEach((finding, bit) => {
        made?.document.load(bit, finding.pseudo, finding.read ?? finding.pseudo);
      });
      const drawn = told.findings.findIndex((finding) => finding.drawn);
      made.setFinding(Math.max(0, drawn));
      made.subscribe(() => made && setState(made.state()));
      setState(made.state());
      setEditor(made);
      const maps = parseMaps(await fetchBytes(`/api/v1/labellings/${told.labelling_id}/images/${told.image.id}/maps`));
      if (!gone) made.loadMaps(maps);
    };
    setError(null);
    open().catch((problem: Error) => !gone && setError(problem));
    return () => {
      gone = true;
      made?.destroy();
      setEditor(null);
      setState(null);
    };
  }, [told]);

  return { canvas, editor, state, error };
}
