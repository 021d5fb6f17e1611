import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Attended } from "./attended";

let clock: Attended;

beforeEach(() => {
  vi.useFakeTimers();
  clock = new Attended();
});

afterEach(() => {
  clock.end();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function pass(seconds: number): void {
  vi.advanceTimersByTime(seconds * 1000);
}

function show(state: DocumentVisibilityState): void {
  vi.spyOn(document, "visibilityState", "get").mockReturnValue(state);
  document.dispatchEvent(new Event("visibilitychange"));
}

test("a page that is read is counted, a hidden one is not", () => {
  pass(10);
  show("hidden");
  pass(3600);
  expect(clock.now()).toBe(10_000);
  show("visible");
  pass(5);
  expect(clock.now()).toBe(15_000);
});

test("who does nothing for a minute has gone, until the next sign of them", () => {
  pass(50);
  expect(clock.now()).toBe(50_000);
  pass(600);
  expect(clock.now()).toBe(60_000);
  for (const sign of ["keydown", "pointermove", "wheel", "pointerdown"]) {
    dispatchEvent(new Event(sign));
    pass(40);
  }
  expect(clock.now()).toBe(60_000 + 4 * 40_000);
});

test("what the editor keeps for itself is a sign as well", () => {
  const glass = document.body.appendChild(document.createElement("canvas"));
  glass.addEventListener("pointermove", (event) => event.stopPropagation());
  pass(59);
  glass.dispatchEvent(new Event("pointermove", { bubbles: true }));
  pass(59);
  expect(clock.now()).toBe(118_000);
  glass.remove();
});
