import type { Schemas } from "../../api/client";
import { Figure, type Plot } from "../../components/Figure";
import { promise as t } from "../../texts/promise";
import { armName, kindOf } from "./names";

const CURVES = ["overread", "reads", "drawn"];
const START = "longer"; // nobody read, as many steps
const LEVELS = ["supervised", "oracle"];
const COLORS = ["var(--accent)", "currentColor", "var(--mantine-color-orange-6)"];

interface Props {
  rows: Schemas["ArmOut"][];
  finding: string;
  metric: string;
  spelt: string;
}

const BESIDE = 8; // points of the scale above and below what was measured

/** The question that a hospital asks: what do so many minutes of reading come to, with the loop and without? */
export function Budgets({ rows, finding, metric, spelt }: Props) {
  const scores = new Map(rows.map((row) => [row.arm, row.scores[finding]?.[metric]?.score]));
  const minutes = new Map(rows.map((row) => [row.arm, row.minutes ?? 0]));
  const dots = [...scores].flatMap(([arm, score]) =>
    (arm === START ? CURVES : [kindOf(arm) ?? ""])
      .filter((kind) => score && CURVES.includes(kind))
      .map((kind) => ({ minutes: minutes.get(arm)!, name: armName(kind), ...inPercent(score!) })),
  );
  dots.sort((a, b) => a.minutes - b.minutes);
  const levels = LEVELS.flatMap((arm) => {
    const score = scores.get(arm);
    return score ? [{ name: armName(arm), mean: 100 * score.mean }] : [];
  });
  return (
    <Figure
      label={t.budgets}
      height={280}
      draw={(Plot, width) => curves(Plot, width, dots, levels, spelt)}
      inputs={[rows, finding, metric]}
      table={{
        columns: [t.arm, t.minutes, spelt, t.low, t.high],
        rows: dots.map((dot) => [dot.name, dot.minutes, dot.mean, dot.low, dot.high]),
      }}
    />
  );
}

interface Level {
  name: string;
  mean: number; // in percent
}

interface Dot extends Level {
  minutes: number;
  low: number;
  high: number;
}

function inPercent({ mean, low, high }: Schemas["IntervalOut"]) {
  return { mean: 100 * mean, low: 100 * low, high: 100 * high };
}

function curves(Plot: Plot, width: number, dots: Dot[], levels: Level[], spelt: string): Element {
  const end = { frameAnchor: "right", textAnchor: "end", dy: -6, fill: "currentColor" } as const;
  // Of two or three seeds an interval is wider than any score: the scale is of what was measured, the table has the rest.
  const means = [...dots, ...levels].map(({ mean }) => mean);
  const domain = [Math.max(0, Math.min(...means) - BESIDE), Math.min(100, Math.max(...means) + BESIDE)];
  return Plot.plot({
    width,
    height: 280,
    marginLeft: 44,
    marginRight: 30,
    marginBottom: 36,
    style: { background: "transparent", fontSize: "11px" },
    x: { label: t.minutes, labelAnchor: "center", zero: true, ticks: width / 90 },
    y: { domain, grid: true, label: spelt },
    color: { domain: CURVES.map(armName), range: COLORS, legend: true },
    marks: [
      Plot.ruleY(levels, { y: "mean", stroke: "currentColor", strokeDasharray: "4 4", strokeOpacity: 0.6 }),
      Plot.text(levels, { y: "mean", text: "name", ...end }),
      Plot.areaY(dots, { x: "minutes", y1: "low", y2: "high", z: "name", fill: "name", fillOpacity: 0.12, clip: true }),
      Plot.line(dots, { x: "minutes", y: "mean", z: "name", stroke: "name" }),
      Plot.dot(dots, { x: "minutes", y: "mean", fill: "name", r: 3.5 }),
    ],
  });
}
