import { Button, Stack, Text } from "@mantine/core";
import { findingName } from "../../components/words";
import { caps } from "../../editor/keys";
import type { State } from "../../editor/state";
import { blind as t } from "../../texts/app";
import type { Case, Verdict } from "./useCase";

interface Props {
  told: Case;
  state: State;
  verdicts: Record<string, Verdict>;
  accept: () => void;
  judge: (verdict: Verdict) => void;
}

/** Always in the same place: accept what stands and go on; or say of the chosen finding that there is none. */
export function VerdictBar({ told, state, verdicts, accept, judge }: Props) {
  const active = told.findings[state.finding];
  const fixed = state.edited.some(Boolean) || Object.keys(verdicts).length > 0;
  return (
    <Stack gap={6} role="group" aria-label="Verdict">
      {(told.blind || told.findings.some((finding) => finding.frozen && !finding.verdict)) && (
        <Text size="xs" c="var(--told)" role="status">
          {told.blind ? t.draw : t.shown}
        </Text>
      )}
      <Button className="loud" onClick={accept} rightSection={<kbd>{caps("accept")}</kbd>} fullWidth>
        {told.blind ? t.freeze : fixed ? "Save and next" : "Accept and next"}
      </Button>
      <Button
        onClick={() => judge("reject")}
        variant="default"
        rightSection={<kbd>{caps("reject")}</kbd>}
        fullWidth
        size="xs"
      >
        No {active ? findingName(active.finding).toLowerCase() : "lesion"}
      </Button>
      <Button
        onClick={() => judge("cannot_tell")}
        variant="default"
        rightSection={<kbd>{caps("cannotTell")}</kbd>}
        fullWidth
        size="xs"
      >
        Cannot tell
      </Button>
    </Stack>
  );
}
