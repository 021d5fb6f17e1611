import "./Effort.css";
import { SegmentedControl, Text } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "../../api/client";
import { Figure, type Plot } from "../../components/Figure";
import { seconds, share } from "../../components/words";
import { dashboards } from "../../texts/dashboards";
import { effort as t, works } from "../../texts/effort";
import {
  type Bar,
  barsOf,
  KINDS,
  type Kind,
  type Point,
  pointsOf,
  type Reach,
  reachOf,
  rowsOf,
  type Score,
} from "./effort";
import { Panel } from "./Panel";

const NAMES = { d_auc: "D-AUC", dice: "Dice*" } as const;
const HEIGHT = 230;
const STYLE = { background: "transparent", fontSize: "11px" };

/** Colour-blind-safe on white and on black (after Okabe and Ito): the dearer the work, the warmer. */
const INK: Record<Kind, string> = {
  accept: "#009e73",
  slider: "#56b4e9",
  adopt: "#0072b2",
  redraw: "#e69f00",
  draw: "#d55e00",
  reject: "#868e96",
  cannot_tell: "#cc79a7",
};
const UNTOLD = "#5c5f66";
const DRAWN = INK.draw;

/** The mean score over the minutes that were read for it, and what those minutes went into. */
export function Effort({ told }: { told: Schemas["EffortOut"] }) {
  const [score, setScore] = useState<Score>("d_auc");
  const points = pointsOf(told, score);
  const bars = barsOf(told);
  const reach = reachOf(points);
  const name = told.split ? t.onFilms(NAMES[score], dashboards[told.split]) : NAMES[score];
  return (
    <Panel title={t.title} what={t.what} empty={bars.length ? null : t.none}>
      <div>
        <SegmentedControl
          size="xs"
          aria-label={dashboards.score}
          value={score}
          onChange={(value) => setScore(value as Score)}
          data={Object.entries(NAMES).map(([value, label]) => ({ value, label }))}
        />
      </div>
      {reach && <Text size="sm">{sentence(reach, NAMES[score])}</Text>}
      <div className="effort">
        <div>
          <Figure
            label={`${t.title}: ${name}`}
            height={HEIGHT}
            draw={(Plot, width) => curve(Plot, width, points, name)}
            inputs={[told, score]}
            table={{
              columns: [dashboards.iteration, t.before, t.drawn, NAMES[score], dashboards.low, dashboards.high],
              rows: points.map((one) => [one.iteration, one.minutes, one.drawn, one.value, one.low, one.high]),
            }}
          />
        </div>
        <div>
          <Figure
            label={t.byKind}
            height={HEIGHT}
            draw={(Plot, width) =>
              stacked(
                Plot,
                width,
                bars,
                told.iterations.map((row) => row.iteration),
              )
            }
            inputs={[told]}
            table={{
              columns: [dashboards.iteration, t.kind, t.reads, t.total],
              rows: bars.map((one) => [one.iteration, wordOf(one.kind), one.reads, one.minutes]),
            }}
          />
        </div>
      </div>
      <Kinds told={told} />
    </Panel>
  );
}

/** By kind of work: its colour, how many reads, what one takes, all of them. */
function Kinds({ told }: { told: Schemas["EffortOut"] }) {
  return (
    <div>
      <table className="effort-kinds">
        <thead>
          <tr>
            <th>{t.kind}</th>
            <th>{t.reads}</th>
            <th>{t.median}</th>
            <th>{t.modelled}</th>
            <th>{t.total}</th>
          </tr>
        </thead>
        <tbody>
          {rowsOf(told).map((row) => (
            <tr key={row.kind}>
              <td>
                <span className="swatch" style={{ display: "inline-block", background: inkOf(row.kind) }} />{" "}
                {wordOf(row.kind)}
              </td>
              <td>{row.reads}</td>
              <td>{row.own ? share(row.seconds, 1) : "–"}</td>
              <td>{row.own || row.seconds === null ? "–" : share(row.seconds, 1)}</td>
              <td>{share(row.minutes, 1)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <Text size="xs" c="dimmed" mt={6}>
        {t.kindsWhat}
      </Text>
    </div>
  );
}

function sentence({ from, to, minutes, drawn, overlap }: Reach, name: string): string {
  const time = seconds(minutes * 60);
  if (!to) return t.stood(name, share(from.value), from.iteration, time);
  const rose = t.rose(name, share(from.value), share(to.value), to.iteration, time);
  return [rose, t.fromNothing(seconds(drawn * 60)), overlap ? t.overlap : ""].join(" ").trim();
}

function curve(Plot: Plot, width: number, points: Point[], name: string): Element {
  const ends = points.flatMap((point) => [point.minutes, point.drawn]);
  return Plot.plot({
    width,
    height: HEIGHT,
    marginLeft: 44,
    marginTop: 26,
    inset: 12,
    style: STYLE,
    x: { label: t.minutes, labelAnchor: "center", domain: [0, Math.max(1, ...ends)] },
    y: { grid: true, label: name, nice: true },
    color: { domain: [t.withMasks, t.drawn], range: ["var(--accent)", DRAWN], legend: true },
    marks: [
      Plot.line(points, { x: "drawn", y: "value", stroke: DRAWN, strokeWidth: 1.5, strokeDasharray: "4 3" }),
      Plot.dot(points, { x: "drawn", y: "value", stroke: DRAWN, r: 3.5 }),
      Plot.ruleX(points, { x: "minutes", y1: "low", y2: "high", stroke: "var(--accent)", strokeOpacity: 0.5 }),
      Plot.line(points, { x: "minutes", y: "value", stroke: "var(--accent)", strokeWidth: 1.5 }),
      Plot.dot(points, { x: "minutes", y: "value", fill: "var(--accent)", r: 3.5 }),
      Plot.text(points, { x: "minutes", y: "value", text: "iteration", dx: 9, dy: -9, fill: "currentColor" }),
    ],
  });
}

function stacked(Plot: Plot, width: number, bars: Bar[], iterations: number[]): Element {
  return Plot.plot({
    width,
    height: HEIGHT,
    marginLeft: 44,
    marginTop: 26,
    style: STYLE,
    x: { type: "band", domain: iterations, label: dashboards.iteration, labelAnchor: "center", padding: 0.35 },
    y: { label: t.perIteration, grid: true },
    marks: [
      Plot.barY(bars, {
        x: "iteration",
        y: "minutes",
        fill: (bar: Bar) => inkOf(bar.kind),
        z: "kind",
        order: (bar: Bar) => KINDS.indexOf(bar.kind),
      }),
    ],
  });
}

function inkOf(kind: Kind | null): string {
  return kind === null ? UNTOLD : INK[kind];
}

function wordOf(kind: Kind | null): string {
  return kind === null ? t.untold : works[kind];
}
