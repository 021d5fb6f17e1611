import { expect, test } from "vitest";
import { armName, kindOf, questionOf } from "./names";

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
