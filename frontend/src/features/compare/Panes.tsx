import { useEffect, useRef, useState } from "react";
import { fetchBytes, type Schemas } from "../../api/client";
import { Failed } from "../../components/States";
import { share, verdictWord } from "../../components/words";
import { Editor } from "../../editor/editor";
import { parseFilm } from "../../editor/film";

type Told = Schemas["ComparisonOut"];

/** Two or three panes of the same film, in step in pan, zoom and window. */
export function Panes({ told, findings }: { told: Told; findings: string[] }) {
  const box = useRef<HTMLDivElement>(null);
  const [error, setError] = useState<Error | null>(null);
  const panes = [
    { name: "Pseudo mask", mask: told.pseudo, note: told.label.decision },
    { name: "Public label", mask: told.public, note: `Dice ${share(told.dice_public, 2)}` },
    { name: "Read", mask: told.read, note: readNote(told) },
  ].filter((pane) => pane.mask !== null || pane.name !== "Public label");
  const bit = Math.max(0, findings.indexOf(told.label.finding));

  // biome-ignore lint/correctness/useExhaustiveDependencies: the panes follow from what was told, the colour from the finding
  useEffect(() => {
    let gone = false;
    let editors: Editor[] = [];
    const open = async (): Promise<void> => {
      const film = parseFilm(await fetchBytes(`/api/v1/images/${told.image.id}/pixels`));
      if (gone || !box.current) return;
      const canvases = [...box.current.querySelectorAll("canvas")];
      editors = canvases.map((canvas) => new Editor(canvas, film, { findings: 8, readOnly: true }));
      editors.forEach((editor, i) => {
        editor.document.load(bit, null, panes[i]!.mask);
        editor.setFinding(bit);
        editor.onView((view, window) => {
          for (const other of editors) if (other !== editor) other.follow(view, window);
        });
      });
    };
    setError(null);
    open().catch((problem: Error) => !gone && setError(problem));
    return () => {
      gone = true;
      for (const editor of editors) editor.destroy();
    };
  }, [told, bit]);

  if (error) return <Failed error={error} />;
  return (
    <div className="panes" ref={box}>
      {panes.map((pane) => (
        <figure className="pane film" key={`${told.label.id}-${pane.name}`} style={{ margin: 0 }}>
          <figcaption>
            {pane.name} · {pane.note}
          </figcaption>
          <canvas aria-label={`${pane.name} on ${told.image.file_name}`} />
        </figure>
      ))}
    </div>
  );
}

/** The reader's word, and where they stand against the pseudo mask; two empty masks have no Dice. */
function readNote({ label, dice_read }: Told): string {
  if (!label.verdict) return "not read yet";
  const word = verdictWord(label.verdict);
  return dice_read === null ? word : `${word} · Dice ${share(dice_read, 2)}`;
}
