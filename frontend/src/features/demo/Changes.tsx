import type { Schemas } from "../../api/client";
import { Figure, type Plot } from "../../components/Figure";
import { namesAside } from "../../components/namesAside";
import { demo as t } from "../../texts/demo";
import { changesOf, type Dot } from "./rows";

/** How far each student is from the teacher, and from the other student: right of the line is better. */
export function Changes({ differences }: { differences: Schemas["Difference"][] }) {
  const dots = changesOf(differences);
  return (
    <Figure
      label={t.changes}
      height={220}
      draw={(Plot, width) => drawn(Plot, width, dots)}
      inputs={[differences]}
      table={{
        columns: [t.network, t.score, t.points, t.low, t.high],
        rows: dots.map((dot) => [dot.name, dot.panel, dot.value, dot.low, dot.high]),
      }}
    />
  );
}

function drawn(Plot: Plot, width: number, dots: Dot[]): Element {
  const far = Math.max(2, ...dots.flatMap(({ low, high }) => [-low, high]));
  const { marginLeft, axis, row } = namesAside(width, 280);
  return Plot.plot({
    width,
    height: 60 + dots.length * row,
    marginLeft,
    marginRight: 56,
    marginBottom: 40,
    style: { background: "transparent", fontSize: "12px" },
    fy: { label: null, domain: [...new Set(dots.map((dot) => dot.panel))], padding: 0.1 },
    x: {
      domain: [-far, far],
      grid: true,
      label: t.points,
      labelAnchor: "center",
      labelOffset: 34,
      nice: true,
      ticks: 5,
    },
    y: { domain: [...new Set(dots.map((dot) => dot.name))] },
    marks: [
      Plot.axisY(axis),
      Plot.ruleX([0], { stroke: "currentColor", strokeOpacity: 0.5 }),
      Plot.ruleY(dots, { fy: "panel", y: "name", x1: "low", x2: "high", stroke: "var(--accent)", strokeWidth: 2 }),
      Plot.dot(dots, { fy: "panel", y: "name", x: "value", fill: "var(--accent)", r: 4.5 }),
    ],
  });
}
