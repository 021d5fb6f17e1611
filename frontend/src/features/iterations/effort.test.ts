import { expect, test } from "vitest";
import { barsOf, type Point, pointsOf, reachOf, rowsOf } from "./effort";

const told = {
  split: "external",
  iterations: [
    {
      iteration: 0,
      before: 0,
      drawn_before: 0,
      d_auc: { value: 0.7, low: 0.6, high: 0.8 },
      dice: null,
      work: [
        { kind: "accept", reads: 20, seconds: 120, median: 6 },
        { kind: null, reads: 1, seconds: 60, median: 60 },
      ],
    },
    {
      iteration: 1,
      before: 180,
      drawn_before: 240,
      d_auc: null,
      dice: null,
      work: [{ kind: "accept", reads: 5, seconds: 30, median: 6 }],
    },
    {
      iteration: 2,
      before: 210,
      drawn_before: 300,
      d_auc: { value: 0.8, low: null, high: null },
      dice: null,
      work: [],
    },
  ],
  kinds: [
    { kind: "accept", seconds: 6, own: true, reads: 25 },
    { kind: "draw", seconds: 26, own: false, reads: 0 },
  ],
  readers: [],
} as never;

const point = (iteration: number, minutes: number, value: number): Point => ({
  iteration,
  minutes,
  drawn: 2 * minutes,
  value,
  low: value - 0.05,
  high: value + 0.05,
});

test("a point stands at what was read before its training; what was not scored has none", () => {
  expect(pointsOf(told, "d_auc")).toEqual([
    { iteration: 0, minutes: 0, drawn: 0, value: 0.7, low: 0.6, high: 0.8 },
    { iteration: 2, minutes: 3.5, drawn: 5, value: 0.8, low: 0.8, high: 0.8 },
  ]);
  expect(pointsOf(told, "dice")).toEqual([]);
});

test("minutes to reach are those of the earliest best, and one point reaches nothing", () => {
  expect(reachOf([])).toBeNull();
  expect(reachOf([point(0, 0, 0.7)])).toBeNull();
  const found = reachOf([point(0, 2, 0.7), point(1, 12, 0.82), point(2, 30, 0.82)])!;
  expect([found.to?.iteration, found.minutes, found.drawn, found.overlap]).toEqual([1, 10, 20, false]);
  expect(reachOf([point(0, 0, 0.7), point(1, 12, 0.75)])?.overlap).toBe(true);
});

test("where no later iteration is above the first, all the reading is told", () => {
  const found = reachOf([point(0, 0, 0.7), point(1, 12, 0.7), point(2, 30, 0.6)])!;
  expect([found.to, found.minutes, found.overlap]).toEqual([null, 30, false]);
});

test("bars and rows add up by kind, what nobody told last", () => {
  expect(barsOf(told).map(({ iteration, kind, minutes }) => [iteration, kind, minutes])).toEqual([
    [0, "accept", 2],
    [0, null, 1],
    [1, "accept", 0.5],
  ]);
  expect(rowsOf(told)).toEqual([
    { kind: "accept", reads: 25, minutes: 2.5, seconds: 6, own: true },
    { kind: null, reads: 1, minutes: 1, seconds: null, own: false },
  ]);
});
