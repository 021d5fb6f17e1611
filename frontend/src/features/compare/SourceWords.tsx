import { Badge, Button, Group, Text } from "@mantine/core";
import { findingName } from "../../components/words";
import { says, compare as t } from "../../texts/compare";
import type { Told } from "./layers";

interface Props {
  told: Told;
  shown: boolean;
  show: (on: boolean) => void;
}

/** What the film's source says of the finding beside masks: a chip a word, with who says it; its boxes on every pane. */
export function SourceWords({ told, shown, show }: Props) {
  const words = (["present", "uncertain", "absent"] as const).map((word) => ({
    word,
    said: told.statements.filter((one) => one.says === word),
  }));
  return (
    <Group gap="xs" aria-label={t.sourceSays} renderRoot={(props) => <section {...props} />}>
      <Text size="xs" c="dimmed" title={t.sourceSaysWhy}>
        {t.sourceSays}
      </Text>
      {words.map(
        ({ word, said }) =>
          said.length > 0 && (
            <Badge key={word} size="sm" variant="outline" color="gray" tt="none">
              {findingName(told.label.finding)}: {says[word]}
              {readersOf(said)}
            </Badge>
          ),
      )}
      {told.source_boxes.length > 0 && (
        <Button
          size="compact-xs"
          variant={shown ? "light" : "default"}
          aria-pressed={shown}
          onClick={() => show(!shown)}
        >
          {t.sourceBoxes(told.source_boxes.length)}
          {readersOf(told.source_boxes)}
        </Button>
      )}
    </Group>
  );
}

/** " · R8, R9", each once; nothing where the source names nobody. */
function readersOf(words: { reader: string }[]): string {
  const readers = [...new Set(words.map(({ reader }) => reader).filter(Boolean))];
  readers.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return readers.length ? ` · ${readers.join(", ")}` : "";
}
