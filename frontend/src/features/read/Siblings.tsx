import { Button, Group, Text } from "@mantine/core";
import { useEffect, useState } from "react";
import { lateWord } from "../../components/late";
import type { Editor } from "../../editor/editor";
import { siblings as t } from "../../texts/siblings";
import type { Offer } from "./Strip";
import type { Case } from "./session/types";

interface Props {
  siblings: Case["findings"][number]["siblings"];
  editor: Editor;
  take: (offer: Offer) => void;
}

/** The late saves of the chosen finding: whose and when; one at a time as a broken line over the film, taken over or left. */
export function Siblings({ siblings, editor, take }: Props) {
  const [shown, setShown] = useState<number | null>(null);
  const mask = siblings.find(({ id }) => id === shown)?.mask ?? null;
  useEffect(() => {
    editor.layBeside(mask);
    return () => editor.layBeside(null);
  }, [editor, mask]);
  if (!siblings.length) return null;
  return (
    <section aria-label={t.title}>
      <Text size="xs" c="dimmed" title={t.why}>
        {t.title}
      </Text>
      {siblings.map((late) => {
        const whose = lateWord(late);
        const { id, mask } = late;
        return (
          <Group key={id} gap={6} wrap="nowrap" justify="space-between">
            <Text size="xs">{whose}</Text>
            {mask && (
              <Group gap={4} wrap="nowrap">
                <Button
                  size="compact-xs"
                  variant={shown === id ? "filled" : "default"}
                  aria-pressed={shown === id}
                  aria-label={t.showLong(whose)}
                  onClick={() => setShown(shown === id ? null : id)}
                >
                  {t.show}
                </Button>
                <Button
                  size="compact-xs"
                  variant="default"
                  aria-label={t.takeLong(whose)}
                  onClick={() => take({ source: "sibling", name: whose, mask })}
                >
                  {t.take}
                </Button>
              </Group>
            )}
          </Group>
        );
      })}
    </section>
  );
}
