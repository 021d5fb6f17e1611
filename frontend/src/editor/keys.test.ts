import { beforeEach, expect, test } from "vitest";
import { actionOf, bindings, caps, digitOf, rebind, resetKeys } from "./keys";

function press(on: HTMLElement, init: KeyboardEventInit): KeyboardEvent {
  document.body.append(on);
  const event = new KeyboardEvent("keydown", { bubbles: true, ...init });
  on.dispatchEvent(event);
  return event;
}

function input(type: string): HTMLInputElement {
  return Object.assign(document.createElement("input"), { type });
}

const canvas = document.createElement("canvas");

beforeEach(() => localStorage.clear());

test("keys work after a click on a tool or a slider, and not where somebody writes", () => {
  for (const type of ["radio", "range", "checkbox"]) expect(actionOf(press(input(type), { key: "b" }))).toBe("brush");
  for (const type of ["text", "password", "number"]) expect(actionOf(press(input(type), { key: "b" }))).toBeNull();
  expect(actionOf(press(document.createElement("textarea"), { key: "b" }))).toBeNull();
});

test("no two actions share a key, and none takes a finding's digit", () => {
  const keys = bindings().flatMap((binding) => binding.keys);
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys.filter((key) => /^[1-9]$/.test(key))).toEqual([]);
});

test("digits choose findings by their place on the keyboard, zero fits the film", () => {
  expect(digitOf(press(canvas, { key: "!", code: "Digit1", shiftKey: true }))).toBe(0);
  expect(digitOf(press(canvas, { key: "8", code: "Digit8" }))).toBe(7);
  expect(digitOf(press(canvas, { key: "1", code: "Digit1", ctrlKey: true }))).toBeNull();
  expect(digitOf(press(input("text"), { key: "1", code: "Digit1" }))).toBeNull();
  expect(actionOf(press(canvas, { key: "0", code: "Digit0" }))).toBe("fit");
});

test("brackets by their place, letters by what is on them, and by place under a script without Latin letters", () => {
  expect(actionOf(press(canvas, { key: "ü", code: "BracketLeft" }))).toBe("smaller");
  expect(actionOf(press(canvas, { key: "a", code: "KeyQ" }))).toBe("accept");
  expect(actionOf(press(canvas, { key: "ㅁ", code: "KeyA" }))).toBe("accept");
  expect(actionOf(press(canvas, { key: "?", code: "Slash", shiftKey: true }))).toBe("help");
  expect(actionOf(press(canvas, { key: "z", code: "KeyZ", ctrlKey: true }))).toBe("undo");
  expect(actionOf(press(canvas, { key: "Z", code: "KeyZ", ctrlKey: true, shiftKey: true }))).toBe("redo");
  expect(actionOf(press(canvas, { key: "b", code: "KeyB", ctrlKey: true }))).toBeNull();
  expect(actionOf(press(canvas, { key: "b", code: "KeyB", altKey: true }))).toBeNull();
});

test("a key given to another action changes hands, and comes back", () => {
  rebind("accept", "B");
  expect(actionOf(press(canvas, { key: "b" }))).toBe("accept");
  expect(actionOf(press(canvas, { key: "a" }))).toBe("brush");
  expect(caps("brush")).toBe("A");
  rebind("accept", "3");
  expect(caps("accept")).toBe("B");
  resetKeys();
  expect(actionOf(press(canvas, { key: "Enter" }))).toBe("accept");
});
