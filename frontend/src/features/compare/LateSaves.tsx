import { Button, Group, Text } from "@mantine/core";
import { lateWord } from "../../components/late";
import { siblings as t } from "../../texts/siblings";
import type { Told } from "./layers";

interface Props {
  told: Told;
  shown: number | null;
  show: (id: number | null) => void;
}

/** The late saves of this finding: whose and when; one at a time as a white line on every pane. */
export function LateSaves({ told, shown, show }: Props) {
  return (
    <Group gap="xs" aria-label={t.title} renderRoot={(props) => <section {...props} />}>
      <Text size="xs" c="dimmed" title={t.why}>
        {t.title}
      </Text>
      {told.siblings.map((late) => {
        const whose = lateWord(late);
        return late.mask ? (
          <Button
            key={late.id}
            size="compact-xs"
            variant={shown === late.id ? "filled" : "default"}
            aria-pressed={shown === late.id}
            aria-label={t.showLong(whose)}
            onClick={() => show(shown === late.id ? null : late.id)}
          >
            {whose}
          </Button>
        ) : (
          <Text key={late.id} size="xs">
            {whose}
          </Text>
        );
      })}
    </Group>
  );
}
