import type { Schemas } from "../../api/client";
import { Figure, type Plot } from "../../components/Figure";
import { namesAside } from "../../components/namesAside";
import { demo as t } from "../../texts/demo";
import { type Dot, METRICS, networkName, type Score, scoresOf } from "./rows";

const COLORS = ["currentColor", "#c05a00", "var(--accent)"];

/** Teacher and both students below each other, a panel a finding. */
export function Scores({ scores, metric }: { scores: Schemas["Beside"]["scores"]; metric: Score }) {
  const dots = scoresOf(scores, metric);
  const names = Object.keys(scores).map(networkName);
  return (
    <Figure
      label={`${t.scores}: ${METRICS[metric]}`}
      height={370}
      draw={(Plot, width) => drawn(Plot, width, dots, names, `${METRICS[metric]}, %`)}
      inputs={[scores, metric]}
      table={{
        columns: [t.network, t.finding, `${METRICS[metric]}, %`, t.low, t.high],
        rows: dots.map((dot) => [dot.name, dot.panel, dot.value, dot.low, dot.high]),
      }}
    />
  );
}

function drawn(Plot: Plot, width: number, dots: Dot[], names: string[], label: string): Element {
  const { marginLeft, axis } = namesAside(width, 130);
  const panels = [...new Set(dots.map((dot) => dot.panel))];
  const from = Math.min(90, ...dots.map(({ low }) => 10 * Math.floor(low / 10)));
  return Plot.plot({
    width,
    height: 60 + 46 * panels.length,
    marginLeft,
    marginRight: 20,
    marginBottom: 40,
    style: { background: "transparent", fontSize: "12px" },
    fy: { label: null, domain: panels, padding: 0.15 },
    x: { domain: [from, 100], grid: true, label, labelAnchor: "center", labelOffset: 34, ticks: 5 },
    y: { domain: names, axis: null, type: "point", padding: 0.7 },
    color: { domain: names, range: COLORS, legend: true },
    marks: [
      Plot.axisFy({ ...axis, anchor: "left" }),
      Plot.ruleY(dots, { fy: "panel", y: "name", x1: "low", x2: "high", stroke: "name", strokeWidth: 1.5 }),
      Plot.dot(dots, { fy: "panel", y: "name", x: "value", fill: "name", r: 4.5 }),
    ],
  });
}
