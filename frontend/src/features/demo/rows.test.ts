import { expect, test } from "vitest";
import { changesOf, scoresOf } from "./rows";

const one = { value: 0.5, low: 0.4, high: 0.6 };
const nothing = { value: null, low: null, high: null };

test("the mean of the findings stands first, and what was not measured is left out", () => {
  const scores = { teacher: { nodule: { d_auc: one, dice: nothing }, macro: { d_auc: one, dice: one } } };
  expect(scoresOf(scores, "d_auc").map((dot) => dot.panel)).toEqual(["Mean", "Nodule"]);
  expect(scoresOf(scores, "dice")).toEqual([{ name: "teacher", panel: "Mean", value: 50, low: 40, high: 60 }]);
});

test("a difference is told by its two networks, a panel a score", () => {
  const change = { value: -0.02, low: -0.05, high: 0.01 };
  const dots = changesOf([{ of: "unread", since: "teacher", scores: { macro: { d_auc: change, dice: nothing } } }]);
  expect(dots).toEqual([{ name: "student, unread − teacher", panel: "D-AUC", value: -2, low: -5, high: 1 }]);
});
