// @vitest-environment node
import { expect, test } from "vitest";
import { CLASSES, dice, phantom } from "./phantoms";
import { fix } from "./reader";
import { raiseStage } from "./stage";
import { straightened } from "./straight";

raiseStage();

test("each class is wrong in its way, the same at every run", { timeout: 60_000 }, () => {
  for (let n = 0; n < CLASSES.length; n++) {
    const { kind, truth, pseudo, previous } = phantom(3, n);
    expect(kind).toBe(CLASSES[n]);
    expect(truth.some(Boolean)).toBe(kind !== "spurious");
    expect(pseudo.some(Boolean)).toBe(kind !== "missed");
    expect(dice(pseudo, truth)).toBeLessThan(0.85);
    expect(Buffer.compare(previous, phantom(3, n).previous)).toBe(0);
  }
});

test("a reader mends with the real tools, counted, and alike at every run", { timeout: 60_000 }, () => {
  for (const n of [0, 5]) {
    const told = phantom(3, n);
    const [tools, brush] = [fix(told, "every tool", 1), fix(told, "brush and eraser", 1)];
    expect([tools.done, brush.done]).toEqual([true, true]);
    expect(tools.gestures).toBeGreaterThan(0);
    expect(brush.gestures).toBeGreaterThan(tools.gestures);
    expect(brush.travel).toBeGreaterThan(0);
    expect(fix(told, "every tool", 1)).toEqual(tools);
  }
});

test("what a hand drew is counted in straight stretches, and blind it has no mask to begin with", {
  timeout: 60_000,
}, () => {
  const corners = [0, 1, 2, 3].map((n) => ({ x: 40 * n, y: 40 * (n % 2) }));
  const wavy = corners.flatMap(({ x, y }, n) =>
    n
      ? [
          { x: x - 20, y: 22 },
          { x, y },
        ]
      : [{ x, y }],
  );
  expect(straightened(wavy, 3)).toEqual(corners);
  expect(straightened(corners.slice(0, 1), 3)).toEqual(corners.slice(0, 1));
  const told = phantom(3, 0);
  const [mended, drawn] = [fix(told, "every tool", 1), fix(told, "blind", 1)];
  expect([mended.began, drawn.began, drawn.ended, drawn.done]).toEqual([true, false, true, true]);
  expect(drawn.made?.threshold ?? null).toBeNull();
  expect(drawn.stretches).toBeGreaterThan(0);
  expect(drawn.drawn).toBeLessThanOrEqual(drawn.travel);
  expect(drawn.points).toBeGreaterThan(0);
});
