import { Group, SegmentedControl, Text } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "../../api/client";
import { Figure } from "../../components/Figure";
import { findingName } from "../../components/words";
import { agreedOn, dashboards as t } from "../../texts/dashboards";
import { Panel } from "./Panel";
import { intervals } from "./Scores";
import { mostNewer, sourceDots } from "./scores";

type Score = Schemas["SourceScoreOut"];
type Change = Schemas["SourceChangeOut"];
const MEASURES = ["dice", "presence"] as const satisfies Score["measure"][];

/** Agreement with the public labels of one source at a time, by one measure: the level, and the change film by film. */
export function SourceScores({ scores, changes }: { scores: Score[]; changes: Change[] }) {
  const sources = [...new Set(scores.map((one) => one.source))];
  const [asked, setAsked] = useState<string | null>(null);
  const [measure, setMeasure] = useState<Score["measure"]>("dice");
  const source = asked ?? sources[0] ?? "";
  const own = <T extends Score>(all: T[]) => all.filter((one) => one.source === source && one.measure === measure);
  const mended = mostNewer(scores.filter((one) => one.source === source && one.measure === "presence"));
  const choice = (
    <Group gap="sm">
      <SegmentedControl
        size="xs"
        aria-label={t.measure}
        value={measure}
        onChange={(value) => setMeasure(value as Score["measure"])}
        data={MEASURES.map((value) => ({ value, label: agreedOn[value] }))}
      />
      {sources.length > 1 && (
        <SegmentedControl size="xs" aria-label={t.source} value={source} onChange={setAsked} data={sources} />
      )}
    </Group>
  );
  return (
    <>
      <Panel title={t.agreement} what={t.agreementWhat} empty={scores.length ? null : t.noneAgreement}>
        {choice}
        <Levels told={own(scores)} name={agreedOn[measure]} source={source} inputs={[scores, source, measure]} />
        {mended > 0 && (
          <Text size="xs" c="dimmed">
            {t.mended(mended)}
          </Text>
        )}
      </Panel>
      <Panel title={t.change} what={t.changeWhat} empty={changes.length ? null : t.noneChange}>
        {choice}
        <Changes told={own(changes)} name={agreedOn[measure]} source={source} inputs={[changes, source, measure]} />
      </Panel>
    </>
  );
}

interface PlotProps<T> {
  told: T[];
  name: string;
  source: string;
  inputs: readonly unknown[];
}

function Levels({ told, name, source, inputs }: PlotProps<Score>) {
  return (
    <Figure
      label={`${t.agreement}: ${source}, ${name}`}
      height={240}
      draw={(Plot, width) => intervals(Plot, width, sourceDots(told), { y: name, domain: [0, 1] })}
      inputs={inputs}
      table={{
        columns: [t.iteration, t.source, t.finding, t.films, t.newer, name, t.low, t.high],
        rows: told.map((one) => [
          one.iteration,
          one.source,
          findingName(one.finding),
          one.n,
          one.newer,
          one.value,
          one.low,
          one.high,
        ]),
      }}
    />
  );
}

function Changes({ told, name, source, inputs }: PlotProps<Change>) {
  return (
    <Figure
      label={`${t.change}: ${source}, ${name}`}
      height={240}
      draw={(Plot, width) => intervals(Plot, width, sourceDots(told), { y: name, zero: true })}
      inputs={inputs}
      table={{
        columns: [
          t.iteration,
          t.since,
          t.source,
          t.finding,
          t.films,
          t.newer,
          t.before,
          t.after,
          t.difference,
          t.low,
          t.high,
        ],
        rows: told.map((one) => [
          one.iteration,
          one.since,
          one.source,
          findingName(one.finding),
          one.n,
          one.newer,
          one.before,
          one.after,
          one.value,
          one.low,
          one.high,
        ]),
      }}
    />
  );
}
