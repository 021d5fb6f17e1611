import { expect, test } from "vitest";
import type { Schemas } from "../../api/client";
import { begunWith, declares } from "./terms";

const LAST: Schemas["Declaration"] = {
  seed: 0,
  alpha: 0.1,
  delta: 0.2,
  errors: "true",
  family: "project",
  min_reads: 5,
  measure: 7,
  fix: 6,
  sentinel: 5,
  holdout: 4,
  positives: 3,
  minutes: null,
  seconds_per_read: 30,
  shares: [50, 35, 10, 5],
  keep_out: 0.3,
  second: 0.1,
  withhold: [],
  override: null,
  refresh: false,
  thresholds: "hand",
  teaches: "contour",
  fix_by: "risk",
  red_line: 0.5,
  holdout_margin: 0.15,
  subgroup_margin: 0.25,
};

test("a launch declares what the last one did until somebody says otherwise", () => {
  const form = begunWith(LAST);
  expect(form.teaches).toBe("contour");
  const told = declares({ ...form, recipes: ["one"] }, LAST);
  expect(told).toMatchObject({
    alpha: 0.1,
    delta: 0.2,
    family: "project",
    measure: 7,
    teaches: "contour",
    fix_by: "risk",
  });
  expect(told).not.toHaveProperty("recipes");
  expect(told).not.toHaveProperty("design");
  expect(told.override).toBeNull();
});

test("what labels may teach is what the form says, and numbers are the form's too", () => {
  const form = begunWith(LAST);
  const told = declares(
    { ...form, teaches: "all", fix_by: "film", design: { ...form.design, measure: 9 }, override: "known" },
    LAST,
  );
  expect(told).toMatchObject({ teaches: "all", fix_by: "film", measure: 9, override: "known", delta: 0.2 });
});
