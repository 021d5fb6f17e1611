import { beforeEach, expect, test } from "vitest";
import { notePace, paceOf } from "./pace";

beforeEach(() => localStorage.clear());

test("the median of the last twenty cases, from the third on, each audit and reader their own", () => {
  notePace(1, 1, 5);
  notePace(1, 1, 9);
  expect(paceOf(1, 1)).toBeNull();
  notePace(1, 1, 100);
  expect([paceOf(1, 1), paceOf(2, 1), paceOf(1, 2)]).toEqual([9, null, null]);
  for (let i = 0; i < 20; i++) notePace(1, 1, 2);
  expect(paceOf(1, 1)).toBe(2);
});
