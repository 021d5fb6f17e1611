import { Button, Group, Stack, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { fetchBytes, type Schemas } from "../../api/client";
import { Failed } from "../../components/States";
import { findingName, share, verdictWord } from "../../components/words";
import { Editor } from "../../editor/editor";
import { parseFilm } from "../../editor/film";
import { isEmptyRle, type Rle } from "../../editor/rle";

type Told = Schemas["ComparisonOut"];

/** Two or three panes of the same film, in step in pan, zoom and window. */
export function Panes({ told, findings }: { told: Told; findings: string[] }) {
  const box = useRef<HTMLDivElement>(null);
  const [lead, setLead] = useState<Editor | null>(null); // the others follow the first
  const [error, setError] = useState<Error | null>(null);
  const panes = [
    { name: "Pseudo mask", mask: told.pseudo, note: noteOf(told.label.decision, told.pseudo, null) },
    { name: "Public label", mask: told.public, note: noteOf(null, told.public, told.dice_public) },
    { name: "Read", mask: told.read, note: noteOf(wordOf(told), told.read, told.dice_read) },
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
      setLead(editors[0] ?? null);
    };
    setError(null);
    open().catch((problem: Error) => !gone && setError(problem));
    return () => {
      gone = true;
      setLead(null);
      for (const editor of editors) editor.destroy();
    };
  }, [told, bit]);

  if (error) return <Failed error={error} />;
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Text size="sm">
          {told.image.file_name} · {findingName(told.label.finding)}
        </Text>
        <Group gap="xs">
          <Text size="xs" c="dimmed">
            Drag: pan · wheel: zoom · right-drag: window
          </Text>
          <Button size="compact-xs" variant="default" onClick={() => lead?.fit()}>
            Fit
          </Button>
          <Button size="compact-xs" variant="default" onClick={() => lead?.autoWindow()}>
            Auto window
          </Button>
          <Button size="compact-xs" variant="default" onClick={() => lead?.invert()}>
            Invert
          </Button>
        </Group>
      </Group>
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
    </Stack>
  );
}

function wordOf({ label }: Told): string {
  return label.verdict ? verdictWord(label.verdict) : "not read yet";
}

/** What stands over a pane: whose word it is, that an empty mask is meant, its Dice with the pseudo mask if it has one. */
function noteOf(word: string | null, mask: Rle | null, dice: number | null): string {
  const nothing = mask && isEmptyRle(mask) && word !== verdictWord("reject") ? "no lesion" : null;
  return [word, nothing, dice === null ? null : `Dice ${share(dice, 2)}`].filter(Boolean).join(" · ");
}
