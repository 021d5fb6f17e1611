import type { Schemas } from "../../api/client";
import { Figure, type Plot } from "../../components/Figure";
import { demo as t } from "../../texts/demo";
import { type Dot, METRICS, networkName, type Score, scoresOf } from "./rows";

const COLORS = ["currentColor", "#c05a00", "var(--accent)"];

/** Teacher and both students side by side, a panel a finding. */
export function Scores({ scores, metric }: { scores: Schemas["Beside"]["scores"]; metric: Score }) {
  const dots = scoresOf(scores, metric);
  const names = Object.keys(scores).map(networkName);
  return (
    <Figure
      label={`${t.scores}: ${METRICS[metric]}`}
      height={260}
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
  return Plot.plot({
    width,
    height: 260,
    marginLeft: 44,
    marginTop: 30,
    style: { background: "transparent", fontSize: "12px" },
    fx: { label: null, domain: [...new Set(dots.map((dot) => dot.panel))], padding: 0.1 },
    x: { domain: names, axis: null, type: "point", padding: 0.7 },
    y: { domain: [0, 100], grid: true, label },
    color: { domain: names, range: COLORS, legend: true },
    marks: [
      Plot.ruleX(dots, { fx: "panel", x: "name", y1: "low", y2: "high", stroke: "name", strokeWidth: 1.5 }),
      Plot.dot(dots, { fx: "panel", x: "name", y: "value", fill: "name", r: 4.5 }),
    ],
  });
}
