import "./VerdictBar.css";
import { Button, Stack, Text } from "@mantine/core";
import { findingName } from "../../components/words";
import { caps } from "../../editor/keys";
import type { State } from "../../editor/state";
import { blind } from "../../texts/app";
import { reading as t } from "../../texts/reading";
import type { Case, Verdict } from "./session/types";

interface Props {
  told: Case;
  state: State;
  verdicts: Record<string, Verdict>;
  ready: boolean; // false: the film, or the finding, came a moment ago, or an answer is awaited
  left: number[]; // findings to look at before the film is saved
  accept: () => void;
  judge: (verdict: Verdict) => void;
}

/** Always in the same place: accept what stands and go on; or say of the chosen finding that there is none. */
export function VerdictBar({ told, state, verdicts, ready, left, accept, judge }: Props) {
  const active = told.findings[state.finding];
  const fixed = state.edited.some(Boolean) || Object.keys(verdicts).length > 0;
  return (
    <Stack gap={6} role="group" aria-label={t.verdict}>
      {(told.blind || told.findings.some((finding) => finding.frozen && !finding.verdict)) && (
        <Text size="xs" c="var(--told)" role="status">
          {told.blind ? blind.draw : blind.shown}
        </Text>
      )}
      {left.length > 0 && (
        <Text size="xs" c="dimmed">
          {t.stillToSee(findingName(told.findings[left[0]!]!.finding).toLowerCase(), left.length - 1)}
        </Text>
      )}
      <Button
        className="loud"
        onClick={accept}
        aria-disabled={!ready}
        data-left={left.length}
        rightSection={<kbd>{caps("accept")}</kbd>}
        fullWidth
      >
        {told.blind ? blind.freeze : fixed ? t.saveNext : t.acceptNext}
      </Button>
      <Button
        onClick={() => judge("reject")}
        variant="default"
        rightSection={<kbd>{caps("reject")}</kbd>}
        fullWidth
        size="xs"
      >
        {t.none(active ? findingName(active.finding).toLowerCase() : t.lesion)}
      </Button>
      <Button
        onClick={() => judge("cannot_tell")}
        variant="default"
        rightSection={<kbd>{caps("cannotTell")}</kbd>}
        fullWidth
        size="xs"
      >
        {t.cannotTell}
      </Button>
    </Stack>
  );
}
