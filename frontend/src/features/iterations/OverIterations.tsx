import { SegmentedControl, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "../../api/client";
import { Figure } from "../../components/Figure";
import { findingName, share } from "../../components/words";

const SCORES = { d_auc: "D-AUC", dice: "Dice*", sensitivity: "Sensitivity", specificity: "Specificity" } as const;
const ACCENT = "var(--accent)";
type Score = keyof typeof SCORES;

interface Dot {
  iteration: number;
  finding: string;
  value: number;
  low: number;
  high: number;
}

interface FindingScores {
  [score: string]: number | [number, number] | null;
}

/** The ensemble's scores over iterations, per finding, with 95% intervals over patients; its table below. */
export function OverIterations({ rows }: { rows: Schemas["IterationOut"][] }) {
  const [score, setScore] = useState<Score>("d_auc");
  const split = rows.some((row) => perFinding(row, "external")) ? "external" : "development";
  const dots = rows.flatMap((row) => dotsOf(row, split, score));
  const findings = [...new Set(dots.map((dot) => dot.finding))];
  return (
    <Stack className="panel" gap="xs">
      <SegmentedControl
        size="xs"
        value={score}
        onChange={(value) => setScore(value as Score)}
        data={Object.entries(SCORES).map(([value, label]) => ({ value, label }))}
      />
      <Text size="xs" c="dimmed">
        {SCORES[score]} of the ensemble on {split} films; bars are 95% intervals over patients. A finding without enough
        films is left out.
      </Text>
      <Figure
        label={`${SCORES[score]} over iterations`}
        draw={(Plot, width) =>
          Plot.plot({
            width,
            height: 240,
            marginLeft: 40,
            style: { background: "transparent", fontSize: "11px" },
            // A panel a finding: intervals of several findings on one line would hide each other.
            fx: { domain: findings, label: null, tickFormat: findingName, padding: 0.12 },
            x: { domain: rows.map((row) => row.index), label: "iteration", type: "point", padding: 0.6 },
            y: { domain: [0, 1], grid: true, label: SCORES[score] },
            marks: [
              Plot.ruleX(dots, {
                fx: "finding",
                x: "iteration",
                y1: "low",
                y2: "high",
                stroke: ACCENT,
                strokeOpacity: 0.5,
              }),
              Plot.line(dots, { fx: "finding", x: "iteration", y: "value", stroke: ACCENT, strokeWidth: 1.5 }),
              Plot.dot(dots, { fx: "finding", x: "iteration", y: "value", fill: ACCENT, r: 3.5 }),
            ],
          })
        }
        inputs={[score, rows]}
      />
      <Table fz="xs" withRowBorders={false} verticalSpacing={2}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Iteration</Table.Th>
            <Table.Th>Finding</Table.Th>
            <Table.Th>{SCORES[score]} (95% interval)</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {dots.map((dot) => (
            <Table.Tr key={`${dot.iteration}-${dot.finding}`}>
              <Table.Td>{dot.iteration}</Table.Td>
              <Table.Td>{findingName(dot.finding)}</Table.Td>
              <Table.Td>
                {share(dot.value)} ({share(dot.low, 2)}–{share(dot.high, 2)})
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  );
}

function perFinding(row: Schemas["IterationOut"], split: string): Record<string, FindingScores> | null {
  const ensemble = row.metrics?.ensemble as Record<string, { per_finding: Record<string, FindingScores> }> | undefined;
  const found = ensemble?.[split]?.per_finding;
  return found && Object.values(found).some((scores) => scores.d_auc !== null) ? found : null;
}

function dotsOf(row: Schemas["IterationOut"], split: string, score: Score): Dot[] {
  const found = perFinding(row, split) ?? {};
  // In the project's order, as everywhere; Postgres keeps the scores in its own.
  return Object.keys(row.decisions).flatMap((finding) => {
    const value = found[finding]?.[score];
    const interval = found[finding]?.[`${score}_interval`];
    if (typeof value !== "number" || !Array.isArray(interval)) return [];
    return [{ iteration: row.index, finding, value, low: interval[0], high: interval[1] }];
  });
}
