import { expect, test } from "vitest";
import type { Schemas } from "../../api/client";
import { begunWith, declares } from "./terms";

const LAST = {
  alpha: 0.1,
  delta: 0.2,
  family: "project",
  measure: 7,
  teaches: "contour",
  withhold: [],
  override: null,
} as unknown as Schemas["Declaration"];

test("a launch declares what the last one did until somebody says otherwise", () => {
  const form = begunWith(LAST);
  expect(form.teaches).toBe("contour");
  const told = declares({ ...form, recipes: ["one"] }, LAST);
  expect(told).toMatchObject({ alpha: 0.1, delta: 0.2, family: "project", measure: 7, teaches: "contour" });
  expect(told).not.toHaveProperty("recipes");
  expect(told).not.toHaveProperty("design");
  expect(told.override).toBeNull();
});

test("what labels may teach is what the form says, and numbers are the form's too", () => {
  const form = begunWith(LAST);
  const told = declares({ ...form, teaches: "all", design: { ...form.design, measure: 9 }, override: "known" }, LAST);
  expect(told).toMatchObject({ teaches: "all", measure: 9, override: "known", delta: 0.2 });
});
