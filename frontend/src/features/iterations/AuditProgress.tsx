import type { Schemas } from "../../api/client";
import { Figure, type Plot } from "../../components/Figure";
import { dashboards as t } from "../../texts/dashboards";
import { language } from "../../texts/language";

/** How far each audit was read, over time. */
export function AuditProgress({ points }: { points: Schemas["AuditPointOut"][] }) {
  const dots = points.map((point) => ({
    iteration: t.iterationNumber(point.iteration),
    at: new Date(point.at),
    share: point.items ? (100 * point.done) / point.items : 0,
  }));
  return (
    <Figure
      label={t.audits}
      height={200}
      draw={(Plot, width) => progress(Plot, width, dots)}
      inputs={[points]}
      table={{
        columns: [t.iteration, t.at, t.done, t.items],
        rows: points.map((point) => [
          point.iteration,
          new Date(point.at).toLocaleString(language()),
          point.done,
          point.items,
        ]),
      }}
    />
  );
}

interface Dot {
  iteration: string;
  at: Date;
  share: number; // in percent
}

function progress(Plot: Plot, width: number, dots: Dot[]): Element {
  const last = [...new Map(dots.map((dot) => [dot.iteration, dot])).values()];
  return Plot.plot({
    width,
    height: 200,
    marginLeft: 44,
    marginRight: 90,
    style: { background: "transparent", fontSize: "11px" },
    x: { type: "time", label: null },
    y: { domain: [0, 100], grid: true, label: `% ${t.readShare}` },
    marks: [
      Plot.ruleY([100], { stroke: "currentColor", strokeOpacity: 0.4 }),
      Plot.line(dots, { x: "at", y: "share", z: "iteration", stroke: "var(--accent)", curve: "step-after" }),
      Plot.dot(dots, { x: "at", y: "share", fill: "var(--accent)", r: 2.5 }),
      Plot.text(last, { x: "at", y: "share", text: "iteration", textAnchor: "start", dx: 8, fill: "currentColor" }),
    ],
  });
}
