import "./FindingChips.css";
import { Text } from "@mantine/core";
import { findingName, percent, verdictWord } from "../../components/words";
import type { Editor } from "../../editor/editor";
import { COLORS, type State } from "../../editor/state";
import { blind } from "../../texts/app";
import { decisions } from "../../texts/pool";
import { reading as t } from "../../texts/reading";
import type { Case, Verdict } from "./session/types";

interface Props {
  told: Case;
  state: State;
  verdicts: Record<string, Verdict>;
  editor: Editor;
}

/** One network alone agrees with itself: that says nothing. */
function agreement({ members, agreement }: Case["findings"][number]): string {
  return members.length > 1 ? t.agree(members.length, percent(agreement)) : "";
}

/** A chip a finding: key, colour, name, what was said of it; below, the ensemble's decision and how sure it is. */
export function FindingChips({ told, state, verdicts, editor }: Props) {
  return (
    <fieldset aria-label={t.findings} className="plain">
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
              {said ? verdictWord(said) : finding.drawn ? t.toRead : ""}
            </Text>
            <Text size="xs" c="dimmed" component="span" className="chip-more" title={t.meaning}>
              {finding.decision
                ? t.said(decisions[finding.decision], percent(finding.presence)) + agreement(finding)
                : told.blind
                  ? blind.hidden
                  : t.notLabelled}
            </Text>
          </button>
        );
      })}
    </fieldset>
  );
}
