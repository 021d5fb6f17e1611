import type { Schemas } from "../../api/client";
import { Figure, type Plot } from "../../components/Figure";
import { demo as t } from "../../texts/demo";
import { changesOf, type Dot } from "./rows";

/** How far each student is from the teacher, and from the other student: right of the line is better. */
export function Changes({ differences }: { differences: Schemas["Difference"][] }) {
  const dots = changesOf(differences);
  return (
    <Figure
      label={t.changes}
      height={150}
      draw={(Plot, width) => drawn(Plot, width, dots)}
      inputs={[differences]}
      table={{
        columns: [t.network, t.score, "Δ %", t.low, t.high],
        rows: dots.map((dot) => [dot.name, dot.panel, dot.value, dot.low, dot.high]),
      }}
    />
  );
}

function drawn(Plot: Plot, width: number, dots: Dot[]): Element {
  const far = Math.max(2, ...dots.flatMap(({ low, high }) => [-low, high]));
  return Plot.plot({
    width,
    height: 150,
    marginLeft: 280,
    marginTop: 30,
    style: { background: "transparent", fontSize: "12px" },
    fx: { label: null, domain: [...new Set(dots.map((dot) => dot.panel))], padding: 0.08 },
    x: { domain: [-far, far], grid: true, label: "Δ %", labelAnchor: "center", nice: true, ticks: 5 },
    y: { domain: [...new Set(dots.map((dot) => dot.name))], label: null, tickSize: 0 },
    marks: [
      Plot.ruleX([0], { stroke: "currentColor", strokeOpacity: 0.5 }),
      Plot.ruleY(dots, { fx: "panel", y: "name", x1: "low", x2: "high", stroke: "var(--accent)", strokeWidth: 2 }),
      Plot.dot(dots, { fx: "panel", y: "name", x: "value", fill: "var(--accent)", r: 4.5 }),
    ],
  });
}
