import { Text } from "@mantine/core";
import type { Schemas } from "../../api/client";
import { Figure, type Plot } from "../../components/Figure";
import { namesAside } from "../../components/namesAside";
import { promise as t } from "../../texts/promise";
import { armName, questionOf } from "./names";

interface Props {
  comparison: Schemas["QuestionOut"];
  finding: string;
  metric: string;
  spelt: string;
}

/** How far each arm is from the reference, with its interval: right of the line is better. */
export function Changes({ comparison, finding, metric, spelt }: Props) {
  const told = comparison.rows.map((row) => ({ row, name: armName(row.arm), ...row.scores[finding]![metric]! }));
  const bars = told.flatMap(({ name, change }) =>
    change ? [{ name, mean: 100 * change.mean, low: 100 * change.low, high: 100 * change.high }] : [],
  );
  const change = t.change(armName(comparison.reference));
  return (
    <>
      <Text size="xs" c="dimmed">
        {t.inPoints(change)}
      </Text>
      <Figure
        label={t.changeOf(spelt, questionOf(comparison.title))}
        height={40 + 26 * bars.length}
        draw={(Plot, width) => intervals(Plot, width, bars)}
        inputs={[comparison, finding, metric]}
        table={{
          columns: [t.arm, spelt, t.low, t.high, change, t.low, t.high, t.steps, t.seeds].map((name, i) =>
            i > 4 && i < 7 ? `Δ ${name}` : name,
          ),
          rows: told.map(({ row, name, score, change }) => [
            name,
            score?.mean ?? null,
            score?.low ?? null,
            score?.high ?? null,
            change?.mean ?? null,
            change?.low ?? null,
            change?.high ?? null,
            row.steps,
            row.seeds.length,
          ]),
        }}
      />
    </>
  );
}

interface Bar {
  name: string;
  mean: number; // in percent
  low: number;
  high: number;
}

function intervals(Plot: Plot, width: number, bars: Bar[]): Element {
  // A point to both sides at least: an arm that is its own control is a dot at zero, and no scale is finer than that.
  const far = (way: 1 | -1): number => way * Math.max(1, ...bars.map(({ low, high }) => way * (way < 0 ? low : high)));
  const { marginLeft, axis, row } = namesAside(width, 250);
  return Plot.plot({
    width,
    height: 56 + row * bars.length,
    marginLeft,
    marginRight: 20,
    marginBottom: 36,
    style: { background: "transparent", fontSize: "11px" },
    x: { domain: [far(-1), far(1)], grid: true, label: null, nice: true, ticks: width / 90 },
    y: { domain: bars.map((bar) => bar.name) },
    marks: [
      Plot.axisY(axis),
      Plot.ruleX([0], { stroke: "currentColor", strokeOpacity: 0.5 }),
      Plot.ruleY(bars, { y: "name", x1: "low", x2: "high", stroke: "var(--accent)", strokeWidth: 2 }),
      Plot.dot(bars, { y: "name", x: "mean", fill: "var(--accent)", r: 4 }),
    ],
  });
}
