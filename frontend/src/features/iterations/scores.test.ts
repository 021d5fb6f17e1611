import { expect, test } from "vitest";
import { curvesOf, decidedOf, dotsOf, mostNewer, sourceDots } from "./scores";

const row = {
  index: 1,
  decisions: {
    nodule: { positive: 1, uncertain: 1, negative: 2 },
    fibrosis: { positive: 0, uncertain: 0, negative: 0 },
  },
  metrics: { ensemble: { external: { per_finding: { nodule: { d_auc: 0.7, d_auc_interval: [0.6, 0.8] } } } } },
};

test("scores become points; a finding without a value has none", () => {
  expect(dotsOf(row as never, "external", "d_auc")).toEqual([
    { iteration: 1, finding: "nodule", value: 0.7, low: 0.6, high: 0.8 },
  ]);
  expect(dotsOf(row as never, "development", "d_auc")).toEqual([]);
});

test("decisions become shares that add up", () => {
  const found = decidedOf([row] as never);
  expect(found.map((one) => [one.decision, one.share])).toEqual([
    ["positive", 0.25],
    ["uncertain", 0.25],
    ["negative", 0.5],
  ]);
});

test("one patient alone has a value and no interval", () => {
  const one = { iteration: 1, source: "a", finding: "nodule", measure: "dice", n: 3, newer: 0, value: 0.5 } as const;
  const dots = sourceDots([
    { ...one, low: null, high: null },
    { ...one, low: 0.4, high: 0.6 },
  ]);
  expect(dots.map((dot) => [dot.low, dot.high])).toEqual([
    [0.5, 0.5],
    [0.4, 0.6],
  ]);
});

test("newer public labels are those of all findings, of the iteration that met most others", () => {
  const counts = [
    [0, 2],
    [0, 3],
    [1, 4],
  ];
  expect(mostNewer(counts.map(([iteration, newer]) => ({ iteration, newer })) as never)).toBe(5);
  expect(mostNewer([])).toBe(0);
});

test("curves of chosen runs alone, from epoch 1, without what was not measured", () => {
  const run = {
    recipe: { name: "r" },
    half: null,
    position: 0,
    epochs: [
      { epoch: 0, dice: null },
      { epoch: 1, dice: 0.4 },
    ],
  };
  const iteration = { index: 2, runs: [run, { ...run, position: 1 }] };
  expect(curvesOf([iteration] as never, ["2 · r · 1"], "dice")).toEqual([{ run: "2 · r · 1", epoch: 2, value: 0.4 }]);
});
