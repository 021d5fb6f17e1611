import { Group, SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "../../api/client";
import { Figure } from "../../components/Figure";
import { findingName } from "../../components/words";
import { dashboards as t } from "../../texts/dashboards";
import { Panel } from "./Panel";
import { intervals } from "./Scores";

const NAMES = { d_auc: "D-AUC", dice: "Dice*" } as const;
type Score = keyof typeof NAMES;

/** The ensemble's scores against the reference masks of one source at a time, over iterations. */
export function EvaluatedScores({ scores }: { scores: Schemas["EvaluatedScoreOut"][] }) {
  const [score, setScore] = useState<Score>("d_auc");
  const [asked, setAsked] = useState<string | null>(null);
  const places = [...new Map(scores.map((one) => [placeOf(one), one])).values()];
  const place = asked ?? (places[0] ? placeOf(places[0]) : "");
  const told = scores.filter((one) => placeOf(one) === place && one.score === score);
  const name = NAMES[score];
  return (
    <Panel title={t.bySource} what={t.bySourceWhat} empty={scores.length ? null : t.noneBySource}>
      <Group gap="sm">
        <SegmentedControl
          size="xs"
          aria-label={t.score}
          value={score}
          onChange={(value) => setScore(value as Score)}
          data={Object.entries(NAMES).map(([value, label]) => ({ value, label }))}
        />
        <SegmentedControl
          size="xs"
          aria-label={t.evaluatedSource}
          value={place}
          onChange={setAsked}
          data={places.map((one) => ({ value: placeOf(one), label: t.ofSplit(one.source, t[one.split]) }))}
        />
      </Group>
      <Figure
        label={t.scoreOf(name, told[0]?.source ?? "")}
        height={240}
        draw={(Plot, width) => intervals(Plot, width, told, { y: name, domain: [0, 1] })}
        inputs={[scores, place, score]}
        table={{
          columns: [t.iteration, t.source, t.split, t.finding, t.withFinding, t.without, name, t.low, t.high],
          rows: told.map((one) => [
            one.iteration,
            one.source,
            t[one.split],
            findingName(one.finding),
            one.positives,
            one.negatives,
            one.value,
            one.low,
            one.high,
          ]),
        }}
      />
    </Panel>
  );
}

/** A source's films of one split: a patient's never lie in two. */
function placeOf({ split, source }: Schemas["EvaluatedScoreOut"]): string {
  return `${split}/${source}`;
}
