import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "../../api/client";
import { Figure } from "../../components/Figure";
import { findingName } from "../../components/words";
import { dashboards as t } from "../../texts/dashboards";
import { Panel } from "./Panel";
import { intervals } from "./Scores";
import { sourceDots } from "./scores";

/** Agreement with the public labels of one source at a time: the level, and the change film by film. */
export function SourceScores({ scores }: { scores: Schemas["SourceScoreOut"][] }) {
  const sources = [...new Set(scores.map((one) => one.source))];
  const [asked, setAsked] = useState<string | null>(null);
  const source = asked ?? sources[0] ?? "";
  return [false, true].map((change) => {
    const dots = sourceDots(scores, source, change);
    const told = scores.filter((one) => one.source === source && (one.since !== null) === change);
    const title = change ? t.change : t.agreement;
    return (
      <Panel
        key={title}
        title={title}
        what={change ? t.changeWhat : t.agreementWhat}
        empty={dots.length ? null : change ? t.noneChange : t.noneAgreement}
      >
        {sources.length > 1 && (
          <SegmentedControl size="xs" aria-label={t.source} value={source} onChange={setAsked} data={sources} />
        )}
        <Figure
          label={`${title}: ${source}`}
          height={240}
          draw={(Plot, width) =>
            intervals(Plot, width, dots, change ? { y: "Dice", zero: true } : { y: "Dice", domain: [0, 1] })
          }
          inputs={[scores, source]}
          table={{
            columns: [t.iteration, t.since, t.source, t.finding, t.films, "Dice", t.low, t.high],
            rows: told.map((one) => [
              one.iteration,
              one.since,
              one.source,
              findingName(one.finding),
              one.n,
              one.value,
              one.low,
              one.high,
            ]),
          }}
        />
      </Panel>
    );
  });
}
