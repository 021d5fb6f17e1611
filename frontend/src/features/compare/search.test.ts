import { expect, test } from "vitest";
import { compareSearch, figureSearch, panesOf, placeFrom, placeText, windowFrom, windowText } from "./search";

test("an address keeps what is known and drops the rest", () => {
  const whole = {
    against: "read",
    finding: "nodule",
    verdict: "unread",
    wrong: true,
    dice: "0-0.5",
    label: 7,
    panes: "pseudo.read",
    mode: "flip",
    base: "read",
    at: "0.5_0.25_3",
    window: "100_900_i",
  };
  expect(compareSearch(whole)).toEqual(whole);
  expect(compareSearch({ mode: "mood", panes: "x", at: "1_2", window: "9_1", label: "7", dice: "a", base: 3 })).toEqual(
    {},
  );
  expect(panesOf("read.pseudo.read.x")).toEqual(["pseudo", "read"]);
});

test("place and window come back as they were written", () => {
  expect(placeFrom(placeText({ x: 0.12345, y: 0.5, zoom: 2 }))).toEqual({ x: 0.1235, y: 0.5, zoom: 2 });
  expect(placeText({ x: 0.5, y: 0.5, zoom: 1 })).toBeUndefined();
  expect(placeFrom("0.5_0.5_0")).toBeNull();
  expect(windowFrom(windowText({ low: 10.4, high: 900.2, invert: true }))).toEqual({
    low: 10,
    high: 900,
    invert: true,
  });
  expect(windowFrom(windowText({ low: -5, high: 3, invert: false }))).toEqual({ low: -5, high: 3, invert: false });
});

test("a figure's address keeps its panes, its colour and where it is looked at", () => {
  const whole = { panes: "pseudo.difference", color: 3, base: "read", at: "0.5_0.5_2", window: "1_9" };
  expect(figureSearch({ ...whole, mode: "flip" })).toEqual(whole);
  expect(figureSearch({ panes: "<b>", color: 9 })).toEqual({});
});
