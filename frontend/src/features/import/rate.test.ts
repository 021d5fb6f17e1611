import { expect, test } from "vitest";
import { leftOf } from "./rate";

test("a rate is told once it is one, and what is left where the total is known", () => {
  expect(leftOf({ done: 0, at: 0 }, { done: 32, at: 1 }, 100)).toEqual({ rate: null, left: null });
  expect(leftOf({ done: 10, at: 0 }, { done: 10, at: 9 }, 100)).toEqual({ rate: null, left: null });
  expect(leftOf({ done: 10, at: 0 }, { done: 50, at: 4 }, 100)).toEqual({ rate: 10, left: 5 });
  expect(leftOf({ done: 10, at: 0 }, { done: 50, at: 4 }, null)).toEqual({ rate: 10, left: null });
  expect(leftOf({ done: 0, at: 0 }, { done: 120, at: 4 }, 100)).toEqual({ rate: 30, left: 0 });
});
