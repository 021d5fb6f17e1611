import { Group, MultiSelect, SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "../../api/client";
import { Figure, type Plot } from "../../components/Figure";
import { dashboards as t } from "../../texts/dashboards";
import { type Curve, curvesOf, MEASURES, type Measure, runName } from "./scores";

/** Colour-blind-safe on white and on black (after Okabe and Ito), with dashes once they are used up. */
const INKS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8f5a00", "#56b4e9"];

/** Curves of several runs over each other; the newest iteration's to begin with. */
export function Curves({ iterations }: { iterations: Schemas["IterationDetail"][] }) {
  const names = iterations.flatMap((one) =>
    one.runs.filter((run) => run.epochs.length).map((run) => runName(one, run)),
  );
  const [asked, setAsked] = useState<string[] | null>(null);
  const [measure, setMeasure] = useState<Measure>("loss");
  const runs = asked ?? names.slice(-4);
  const points = curvesOf(iterations, runs, measure);
  return (
    <>
      <Group align="end">
        <MultiSelect
          size="xs"
          flex={1}
          miw={280}
          label={t.runs}
          data={names}
          value={runs.filter((name) => names.includes(name))}
          onChange={setAsked}
        />
        <SegmentedControl
          size="xs"
          aria-label={t.measure}
          value={measure}
          onChange={(value) => setMeasure(value as Measure)}
          data={MEASURES.map((value) => ({ value, label: nameOf(value) }))}
        />
      </Group>
      <Figure
        label={`${t.curves}: ${nameOf(measure)}`}
        height={240}
        draw={(Plot, width) => curves(Plot, width, points, runs, nameOf(measure))}
        inputs={[points.length, measure, runs.join()]}
        table={{
          columns: [t.run, t.epoch, nameOf(measure)],
          rows: points.map((point) => [point.run, point.epoch, point.value]),
        }}
      />
    </>
  );
}

function curves(Plot: Plot, width: number, points: Curve[], runs: string[], measure: string): Element {
  const ink = (i: number): string => INKS[i % INKS.length]!;
  return Plot.plot({
    width,
    height: 240,
    marginLeft: 44,
    marginRight: 170,
    style: { background: "transparent", fontSize: "11px" },
    x: { label: t.epoch, tickFormat: (epoch: number) => (Number.isInteger(epoch) ? String(epoch) : "") },
    y: { grid: true, label: measure },
    color: { domain: runs, range: runs.map((_, i) => ink(i)) },
    marks: [
      Plot.line(points, { x: "epoch", y: "value", z: "run", stroke: "run", strokeWidth: 1.75 }),
      // The key stands in the margin, so that a downloaded plot has it too.
      ...runs.map((run, i) =>
        Plot.text([run], {
          frameAnchor: "top-right",
          textAnchor: "start",
          dx: 10,
          dy: 14 * i,
          fill: ink(i),
          text: (name: string) => name,
        }),
      ),
    ],
  });
}

function nameOf(measure: Measure): string {
  return { loss: t.loss, mask_loss: t.maskLoss, class_loss: t.classLoss, d_auc: "D-AUC", dice: "Dice" }[measure];
}
