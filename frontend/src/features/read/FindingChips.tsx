import { Text } from "@mantine/core";
import { findingName, percent, verdictWord } from "../../components/words";
import type { Editor } from "../../editor/editor";
import { COLORS, type State } from "../../editor/state";
import { blind as t } from "../../texts/app";
import type { Case, Verdict } from "./useCase";

interface Props {
  told: Case;
  state: State;
  verdicts: Record<string, Verdict>;
  editor: Editor;
}

const MEANING = "The ensemble's decision; how sure it is that the finding is there; how far its members' masks overlap";

/** One network alone agrees with itself: that says nothing. */
function agreement({ members, agreement }: Case["findings"][number]): string {
  return members.length > 1 ? ` · ${members.length} agree ${percent(agreement)}` : "";
}

/** A chip a finding: key, colour, name, what was said of it; below, the ensemble's decision and how sure it is. */
export function FindingChips({ told, state, verdicts, editor }: Props) {
  return (
    <fieldset aria-label="Findings" className="plain">
      {told.findings.map((finding, bit) => {
        const said = verdicts[finding.finding] ?? (state.edited[bit] ? "fix" : null);
        return (
          <button
            type="button"
            key={finding.finding}
            className={`chip ${finding.drawn ? "" : "chip-quiet"}`}
            aria-pressed={state.finding === bit}
            onClick={() => editor.setFinding(bit)}
          >
            <kbd>{bit + 1}</kbd>
            <span
              className="swatch"
              style={{ background: `rgb(${COLORS[bit]!.join(",")})`, opacity: state.visible[bit] ? 1 : 0.25 }}
            />
            <span>{findingName(finding.finding)}</span>
            <Text size="xs" c={said ? "teal" : "dimmed"} component="span">
              {said ? verdictWord(said) : finding.drawn ? "to read" : ""}
            </Text>
            <Text size="xs" c="dimmed" component="span" className="chip-more" title={MEANING}>
              {finding.decision
                ? `${finding.decision} · presence ${percent(finding.presence)}${agreement(finding)}`
                : told.blind
                  ? t.hidden
                  : "not labelled"}
            </Text>
          </button>
        );
      })}
    </fieldset>
  );
}
