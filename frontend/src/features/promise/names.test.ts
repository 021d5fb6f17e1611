import { expect, test } from "vitest";
import { armName, budgetOf, questionOf } from "./names";

test("arms are named by their kind, budget and reader, and an unknown one by itself", () => {
  expect(armName("supervised")).toBe("teacher");
  expect(armName("risk-gate@4")).toBe("riskiest first, gate, 4%");
  expect(armName("risk@4-anchored")).toBe("riskiest first, 4%, anchored reader");
  expect(armName("noisy-student")).toBe("noisy student, from scratch");
  expect(armName("another@2")).toBe("another, 2%");
});

test("questions keep their budget", () => {
  expect(questionOf("The gate, at 4 %")).toBe("What the gate adds to an audit, 4%");
  expect(questionOf("No reader")).toBe("Without a reader");
  expect(questionOf("Anything")).toBe("Anything");
});

test("only arms of perfect readers have a place on the budget's axis", () => {
  expect(budgetOf("risk-gate@16")).toEqual({ kind: "risk-gate", budget: 16 });
  expect(budgetOf("risk-gate@4-noisy")).toBeNull();
  expect(budgetOf("oracle")).toBeNull();
});
