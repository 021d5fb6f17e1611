import { expect, test } from "vitest";
import { armName, claimOf, kindOf, questionOf } from "./names";

test("arms are named by their kind, budget and reader, and an unknown one by itself", () => {
  expect(armName("supervised")).toBe("teacher");
  expect(armName("overread@4")).toBe("audited loop, 4%");
  expect(armName("overread@4-anchored")).toBe("audited loop, 4%, anchored reader");
  expect(armName("unread-anew")).toBe("unread pseudo labels, from scratch");
  expect(armName("another@2")).toBe("another, 2%");
});

test("questions keep their budget", () => {
  expect(questionOf("The loop at 4 %")).toBe("The loop beside its own reads, 4%");
  expect(questionOf("No reader")).toBe("Without a reader");
  expect(questionOf("Anything")).toBe("Anything");
});

test("only arms of perfect readers have a place on the curve of minutes", () => {
  expect(kindOf("overread@16")).toBe("overread");
  expect(kindOf("overread@4-noisy")).toBeNull();
  expect(kindOf("oracle")).toBeNull();
});

test("a claim is told in words, its number in its unit, and an unknown one by its name", () => {
  const goal = { target: 0, least: true, strict: true, met: false };
  expect(claimOf({ ...goal, name: "hard-overread-over-reads-at-4-low", value: -0.0074 })).toEqual({
    words: "Hard task: the audited loop gains over its own reads alone (lower end of the change), 4%",
    value: "−0.7 points",
    target: "> 0.0",
  });
  expect(claimOf({ ...goal, name: "people-bounds-held", value: 1, target: 0.93, strict: false })).toMatchObject({
    value: "100%",
    target: "≥ 93%",
  });
  const minutes = { ...goal, name: "hard-minutes-to-what-drawn-films-reach", target: 0.5, least: false, strict: false };
  expect(claimOf({ ...minutes, value: null })).toMatchObject({ value: "–", target: "≤ 0.50" });
  expect(claimOf({ ...goal, name: "another", value: 0.5 }).words).toBe("another");
});
