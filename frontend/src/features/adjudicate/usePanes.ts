import { type RefObject, useEffect, useRef, useState } from "react";
import { fetchBytes, type Schemas } from "../../api/client";
import { Editor } from "../../editor/editor";
import { parseFilm } from "../../editor/film";

export type Mode = "difference" | "draw";

/** One film in three canvases in step; the third shows what the second reader added and took away, or is drawn on. */
export function usePanes(
  told: Schemas["DisputeDetail"],
  mode: Mode,
): { box: RefObject<HTMLDivElement | null>; third: Editor | null; error: Error | null } {
  const box = useRef<HTMLDivElement>(null);
  const [third, setThird] = useState<Editor | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const { image, first, second } = told;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the masks of a unit do not change while it is looked at
  useEffect(() => {
    let gone = false;
    let editors: Editor[] = [];
    const open = async (): Promise<void> => {
      const film = parseFilm(await fetchBytes(`/api/v1/images/${image.id}/pixels`));
      if (gone || !box.current) return;
      const canvases = [...box.current.querySelectorAll("canvas")];
      editors = canvases.map((canvas, i) => new Editor(canvas, film, { findings: 1, readOnly: i < 2 }));
      editors.forEach((editor, i) => {
        editor.document.load(0, first, i === 0 ? first : second);
        editor.onView((view, window) => {
          for (const other of editors) if (other !== editor) other.follow(view, window);
        });
      });
      setThird(editors[2] ?? null);
    };
    setError(null);
    open().catch((problem: Error) => !gone && setError(problem));
    return () => {
      gone = true;
      setThird(null);
      for (const editor of editors) editor.destroy();
    };
  }, [image.id]);

  useEffect(() => {
    third?.hold("difference", mode === "difference");
  }, [third, mode]);
  return { box, third, error };
}
