import { expect, test } from "vitest";
import { actionOf, BINDINGS, findingOf } from "./keys";

function press(on: HTMLElement, init: KeyboardEventInit): KeyboardEvent {
  document.body.append(on);
  const event = new KeyboardEvent("keydown", { bubbles: true, ...init });
  on.dispatchEvent(event);
  return event;
}

function input(type: string): HTMLInputElement {
  return Object.assign(document.createElement("input"), { type });
}

test("keys work after a click on a tool or a slider, and not where somebody writes", () => {
  for (const type of ["radio", "range", "checkbox"]) expect(actionOf(press(input(type), { key: "b" }))).toBe("brush");
  for (const type of ["text", "password", "number"]) expect(actionOf(press(input(type), { key: "b" }))).toBeNull();
  expect(actionOf(press(document.createElement("textarea"), { key: "b" }))).toBeNull();
});

test("no two actions share a key", () => {
  const caps = BINDINGS.map((binding) => binding.caps);
  expect(new Set(caps).size).toBe(caps.length);
});

test("digits choose findings by their place on the keyboard, zero fits the film", () => {
  const canvas = document.createElement("canvas");
  expect(findingOf(press(canvas, { key: "!", code: "Digit1", shiftKey: true }))).toBe(0);
  expect(findingOf(press(canvas, { key: "8", code: "Digit8" }))).toBe(7);
  expect(findingOf(press(canvas, { key: "1", code: "Digit1", ctrlKey: true }))).toBeNull();
  expect(actionOf(press(canvas, { key: "0", code: "Digit0" }))).toBe("fit");
});
