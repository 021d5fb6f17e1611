import type { Schemas } from "../../api/client";
import { Figure, type Plot } from "../../components/Figure";
import { promise as t } from "../../texts/promise";
import { armName, budgetOf } from "./names";

const CURVES = ["risk-gate", "same-labels"];
const LEVELS = ["supervised", "oracle"];
const COLORS = ["var(--accent)", "currentColor"];

interface Props {
  rows: Schemas["ArmOut"][];
  finding: string;
  metric: string;
  spelt: string;
}

/** The question that decides: do labels that the gate lets through beat the reads alone, and from which budget on? */
export function Budgets({ rows, finding, metric, spelt }: Props) {
  const scores = new Map(rows.map((row) => [row.arm, row.scores[finding]?.[metric]?.score]));
  const dots = [...scores].flatMap(([arm, score]) => {
    const at = budgetOf(arm);
    if (!at || !score || !CURVES.includes(at.kind)) return [];
    return [{ ...at, name: armName(at.kind), mean: 100 * score.mean, low: 100 * score.low, high: 100 * score.high }];
  });
  dots.sort((a, b) => a.budget - b.budget);
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
        columns: [t.arm, t.budget, spelt, t.low, t.high],
        rows: dots.map((dot) => [dot.name, dot.budget, dot.mean, dot.low, dot.high]),
      }}
    />
  );
}

interface Level {
  name: string;
  mean: number; // in percent
}

interface Dot extends Level {
  budget: number;
  low: number;
  high: number;
}

const DOUBLED = [1, 2, 4, 8, 16];

function curves(Plot: Plot, width: number, dots: Dot[], levels: Level[], spelt: string): Element {
  const end = { frameAnchor: "right", textAnchor: "end", dy: -6, fill: "currentColor" } as const;
  return Plot.plot({
    width,
    height: 280,
    marginLeft: 44,
    marginRight: 30,
    style: { background: "transparent", fontSize: "11px" },
    x: {
      type: "log",
      base: 2,
      domain: [1, 16],
      ticks: DOUBLED,
      tickFormat: "d",
      label: t.budget,
      labelAnchor: "center",
    },
    y: { grid: true, label: spelt, nice: true },
    color: { domain: CURVES.map(armName), range: COLORS, legend: true },
    marks: [
      Plot.ruleY(levels, { y: "mean", stroke: "currentColor", strokeDasharray: "4 4", strokeOpacity: 0.6 }),
      Plot.text(levels, { y: "mean", text: "name", ...end }),
      Plot.areaY(dots, { x: "budget", y1: "low", y2: "high", z: "name", fill: "name", fillOpacity: 0.12 }),
      Plot.line(dots, { x: "budget", y: "mean", z: "name", stroke: "name" }),
      Plot.dot(dots, { x: "budget", y: "mean", fill: "name", r: 3.5 }),
    ],
  });
}
