import { SegmentedControl, Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "../../api/client";
import { Figure, type Plot } from "../../components/Figure";
import { findingName } from "../../components/words";
import { dashboards as t } from "../../texts/dashboards";
import { type Dot, dotsOf, perFinding, SCORES, type Score } from "./scores";

const ACCENT = "var(--accent)";

/** The ensemble's scores over iterations, per finding, with 95% intervals over patients. */
export function Scores({ rows }: { rows: Schemas["IterationOut"][] }) {
  const [score, setScore] = useState<Score>("d_auc");
  const split = rows.some((row) => perFinding(row, "external")) ? "external" : "development";
  const dots = rows.flatMap((row) => dotsOf(row, split, score));
  const name = nameOf(score);
  return (
    <Stack gap="xs">
      <SegmentedControl
        size="xs"
        value={score}
        onChange={(value) => setScore(value as Score)}
        data={SCORES.map((value) => ({ value, label: nameOf(value) }))}
      />
      <Text size="xs" c="dimmed">
        {t.scoresWhat(name, t[split])}
      </Text>
      <Figure
        label={t.overIterations(name)}
        height={240}
        draw={(Plot, width) => intervals(Plot, width, dots, { y: name, domain: [0, 1] })}
        inputs={[score, rows]}
        table={{
          columns: [t.iteration, t.finding, name, t.low, t.high],
          rows: dots.map((dot) => [dot.iteration, findingName(dot.finding), dot.value, dot.low, dot.high]),
        }}
      />
    </Stack>
  );
}

export function nameOf(score: Score): string {
  return { d_auc: "D-AUC", dice: "Dice*", sensitivity: t.sensitivity, specificity: t.specificity }[score];
}

interface Look {
  y: string;
  domain?: [number, number];
  zero?: boolean;
}

/** A panel a finding, iterations side by side: intervals of several findings on one line would hide each other. */
export function intervals(Plot: Plot, width: number, dots: Dot[], { y, domain, zero }: Look): Element {
  const findings = [...new Set(dots.map((dot) => dot.finding))];
  const narrow = width / Math.max(1, findings.length) < 110;
  return Plot.plot({
    width,
    height: 240,
    marginLeft: 44,
    marginBottom: narrow ? 44 : 34,
    marginTop: 44, // what is measured stands above the findings' names: it may be longer than the space before them
    style: { background: "transparent", fontSize: "11px" },
    fx: { domain: findings, label: null, tickFormat: narrow ? short : findingName, padding: 0.12 },
    x: {
      domain: [...new Set(dots.map((dot) => dot.iteration))],
      label: t.iteration,
      labelAnchor: "center",
      type: "point",
      padding: 0.6,
    },
    y: { grid: true, label: y, domain: domain ?? aroundZero(dots) },
    marks: [
      ...(zero ? [Plot.ruleY([0], { stroke: "currentColor", strokeOpacity: 0.5 })] : []),
      Plot.ruleX(dots, { fx: "finding", x: "iteration", y1: "low", y2: "high", stroke: ACCENT, strokeOpacity: 0.5 }),
      ...(zero
        ? []
        : [Plot.line(dots, { fx: "finding", x: "iteration", y: "value", stroke: ACCENT, strokeWidth: 1.5 })]),
      Plot.dot(dots, { fx: "finding", x: "iteration", y: "value", fill: ACCENT, r: 3.5 }),
    ],
  });
}

/** As far up as down, and never so narrow that nothing looks like something. */
function aroundZero(dots: Dot[]): [number, number] {
  const far = Math.max(0.05, ...dots.flatMap((dot) => [Math.abs(dot.low), Math.abs(dot.high)]));
  return [-far, far];
}

/** Long names over narrow panels would run into each other. */
function short(finding: string): string {
  const name = findingName(finding);
  return name.length > 12 ? `${name.slice(0, 10)}…` : name;
}
