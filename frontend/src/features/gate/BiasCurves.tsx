import { Title } from "@mantine/core";
import type { Schemas } from "../../api/client";
import { Figure, type Plot } from "../../components/Figure";
import { findingName } from "../../components/words";
import { dashboards } from "../../texts/dashboards";
import { gate, bias as t } from "../../texts/gate";

type Measure = Schemas["MeasureOut"];
interface Dot {
  panel: string;
  index: number;
  value: number;
  low: number;
  high: number;
  light: string;
}
interface Look {
  y: string;
  domain: [number, number];
  line: number; // where nothing is gained and nothing lost
}

const LIGHTS = { green: "var(--accent)", amber: "#b8860b", red: "#d6453d" };

/** The measures over the iterations, a panel each, with their intervals; how often findings are given has its own. */
export function BiasCurves({ rows }: { rows: Measure[] }) {
  const overall = rows.filter((row) => row.finding === null);
  const volume = rows.filter((row) => row.name === "volume");
  return (
    <section className="panel" aria-label={t.over}>
      <Title order={2} size="h4">
        {t.over}
      </Title>
      {overall.length > 0 && (
        <Curves label={t.over} rows={overall} name={nameOf} look={{ y: gate.value, domain: [-1, 1], line: 0 }} />
      )}
      {volume.length > 0 && (
        <Curves
          label={t.volume}
          rows={volume}
          name={(row) => findingName(row.finding)}
          look={{ y: t.volume, domain: [0, 3], line: 1 }}
        />
      )}
    </section>
  );
}

interface Props {
  label: string;
  rows: Measure[];
  name: (row: Measure) => string;
  look: Look;
}

function Curves({ label, rows, name, look }: Props) {
  const dots = rows.flatMap((row): Dot[] =>
    row.value === null || row.low === null || row.high === null || row.light === null
      ? []
      : [{ panel: name(row), index: row.index, value: row.value, low: row.low, high: row.high, light: row.light }],
  );
  return (
    <Figure
      label={label}
      height={230}
      draw={(Plot, width) => panels(Plot, width, dots, look)}
      inputs={[rows]}
      table={{
        columns: [dashboards.iteration, t.measure, gate.value, dashboards.low, dashboards.high, t.units],
        rows: rows.map((row) => [row.index, name(row), row.value, row.low, row.high, row.n]),
      }}
    />
  );
}

/** What lies beyond the axis is cut there: an interval of two items must not flatten all others. */
function panels(Plot: Plot, width: number, dots: Dot[], { y, domain, line }: Look): Element {
  const place = { fx: "panel", x: "index" };
  const names = [...new Set(dots.map((dot) => dot.panel))];
  const lineWidth = width / names.length / 20; // em; Plot takes Hangul for half as wide as it is
  return Plot.plot({
    width,
    height: 230,
    marginTop: 58,
    marginLeft: 40,
    style: { background: "transparent", fontSize: "11px" },
    fx: { domain: names, label: null, padding: 0.12, axis: null },
    x: {
      domain: [...new Set(dots.map((dot) => dot.index))].sort((a, b) => a - b),
      type: "point",
      padding: 0.6,
      label: dashboards.iteration,
      labelAnchor: "center",
    },
    y: { domain, grid: true, clamp: true, label: y },
    color: { domain: Object.keys(LIGHTS), range: Object.values(LIGHTS) },
    marks: [
      Plot.axisFx({ anchor: "top", lineWidth, label: null }),
      Plot.ruleY([line], { stroke: "currentColor", strokeOpacity: 0.5 }),
      Plot.ruleX(dots, { ...place, y1: "low", y2: "high", stroke: "light", strokeOpacity: 0.6, strokeWidth: 2 }),
      Plot.line(dots, { ...place, y: "value", stroke: "currentColor", strokeOpacity: 0.3 }),
      Plot.dot(dots, { ...place, y: "value", fill: "light", r: 4 }),
    ],
  });
}

/** A measure in words. */
export function nameOf({ name }: Measure): string {
  return Object.hasOwn(t, name) ? String(t[name as "new"]) : name;
}
