import { Button, Group, TextInput } from "@mantine/core";
import type { RefObject } from "react";
import { findingName } from "../../components/words";
import { caps } from "../../editor/keys";
import { reading as t } from "../../texts/reading";
import type { Remark } from "./session/types";

interface Props {
  finding: string;
  remark: Remark;
  change: (remark: Remark) => void;
  input: RefObject<HTMLInputElement | null>;
  focusFilm: () => void;
}

/** A note and a flag on the chosen finding; Enter and Esc give the keys back to the film. */
export function RemarkLine({ finding, remark, change, input, focusFilm }: Props) {
  return (
    <Group gap={6} wrap="nowrap">
      <TextInput
        ref={input}
        size="xs"
        flex={1}
        maxLength={2000}
        aria-label={t.noteOn(findingName(finding).toLowerCase())}
        placeholder={t.note(caps("note"))}
        value={remark.note}
        onClick={(event) => event.stopPropagation() /* not back to the film: here one writes */}
        onChange={(event) => change({ ...remark, note: event.currentTarget.value })}
        onKeyDown={(event) => (event.key === "Enter" || event.key === "Escape") && focusFilm()}
      />
      <Button
        size="xs"
        variant="default"
        aria-pressed={remark.flagged}
        onClick={() => change({ ...remark, flagged: !remark.flagged })}
        rightSection={<kbd>{caps("flag")}</kbd>}
      >
        {remark.flagged ? t.flagged : t.flag}
      </Button>
    </Group>
  );
}
