import fc from "fast-check";
import { expect, test } from "vitest";
import { History } from "./history";
import * as mask from "./mask";
import { filmScope } from "./scope";

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const areaOf = ({ bits }: mask.Masks, bit: number): number => bits.filter((value) => value & (1 << bit)).length;
const point = fc.record({
  x: fc.double({ min: -5, max: 45, noNaN: true }),
  y: fc.double({ min: -5, max: 35, noNaN: true }),
});

test("a stroke of any speed leaves no gap: one 8-connected region", () => {
  fc.assert(
    fc.property(
      fc.record({ x: fc.double({ min: 2, max: 38, noNaN: true }), y: fc.double({ min: 2, max: 28, noNaN: true }) }),
      fc.record({ x: fc.double({ min: 2, max: 38, noNaN: true }), y: fc.double({ min: 2, max: 28, noNaN: true }) }),
      fc.double({ min: 0.1, max: 4, noNaN: true }),
      (a, b, radius) => {
        const masks = mask.createMasks(40, 30);
        mask.paintCapsule(masks, 2, a, b, radius, true);
        const region = mask.regionAt(masks, 2, Math.floor(a.x), Math.floor(a.y));
        expect(region.length).toBe(areaOf(masks, 2));
        expect(masks.bits[Math.floor(b.y) * 40 + Math.floor(b.x)]! & 4).toBe(4);
      },
    ),
  );
});

test("erasing one finding leaves what overlaps it alone", () => {
  const masks = mask.createMasks(10, 10);
  masks.bits.fill(0b11);
  mask.paintCapsule(masks, 0, { x: 5, y: 5 }, { x: 5, y: 5 }, 3, false);
  expect(areaOf(masks, 1)).toBe(100);
  expect(areaOf(masks, 0)).toBeLessThan(80);
});

test("the lasso is the even-odd inside, by pixel centres", () => {
  fc.assert(
    fc.property(fc.array(point, { minLength: 3, maxLength: 9 }), (points) => {
      const masks = mask.createMasks(40, 30);
      mask.paintLasso(masks, 0, points, true);
      for (let y = 0; y < 30; y++) {
        for (let x = 0; x < 40; x++) expect(masks.bits[y * 40 + x]).toBe(inside(points, x + 0.5, y + 0.5) ? 1 : 0);
      }
    }),
    { numRuns: 40 },
  );
});

function inside(points: mask.Point[], x: number, y: number): boolean {
  let odd = false;
  points.forEach((a, i) => {
    const b = points[(i + 1) % points.length]!;
    if (a.y <= y !== b.y <= y && a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x) <= x) odd = !odd;
  });
  return odd;
}

test("undo and redo are exact, one a gesture", () => {
  const gesture = fc.record({
    kind: fc.constantFrom("stroke", "lasso", "grow", "fill", "clear", "threshold"),
    bit: fc.integer({ min: 0, max: 7 }),
    a: point,
    b: point,
    c: point,
    value: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(gesture, { maxLength: 8 }), (gestures) => {
      const masks = mask.createMasks(40, 30);
      const history = new History(masks);
      const states = [masks.bits.slice()];
      const plane = Uint8Array.from({ length: 1200 }, (_, i) => (i * 37) % 256);
      for (const g of gestures) {
        const rect = {
          stroke: () => mask.paintCapsule(masks, g.bit, g.a, g.b, 3, g.value),
          lasso: () => mask.paintLasso(masks, g.bit, [g.a, g.b, g.c], g.value),
          grow: () => mask.grow(masks, g.bit, g.value),
          fill: () => mask.fillHoles(masks, g.bit),
          clear: () => mask.clear(masks, g.bit),
          threshold: () => filmScope(g.bit).apply(masks, plane, 100, false),
        }[g.kind]!();
        if (history.commit(rect)) states.push(masks.bits.slice());
      }
      for (let i = states.length - 1; i > 0; i--) {
        expect(same(masks.bits, states[i]!)).toBe(true);
        history.undo();
      }
      expect(same(masks.bits, states[0]!)).toBe(true);
      expect(history.canUndo).toBe(false);
      for (let i = 1; i < states.length; i++) history.redo();
      expect(same(masks.bits, states.at(-1)!)).toBe(true);
    }),
  );
});

test("a cancelled gesture leaves the film as it was, and no entry", () => {
  const masks = mask.createMasks(20, 20);
  const history = new History(masks);
  mask.paintCapsule(masks, 0, { x: 3, y: 3 }, { x: 15, y: 15 }, 2, true);
  history.revert(mask.whole(masks));
  expect(areaOf(masks, 0)).toBe(0);
  expect(history.commit(mask.whole(masks))).toBe(false);
});

test("regions: delete one, keep one; diagonals connect", () => {
  const masks = mask.createMasks(8, 8);
  for (const at of [0, 9, 63]) masks.bits[at] = 1;
  expect(mask.regionAt(masks, 0, 0, 0).length).toBe(2);
  mask.cutRegion(masks, 0, 1, 1, false);
  expect(areaOf(masks, 0)).toBe(1);
  masks.bits[0] = 1;
  mask.cutRegion(masks, 0, 7, 7, true);
  expect([masks.bits[0], masks.bits[63]]).toEqual([0, 1]);
});

test("a region is all that is joined to its pixel, whatever its shape, each pixel once", () => {
  const pixels = fc.uint8Array({ min: 0, max: 1, minLength: 48, maxLength: 48 });
  fc.assert(
    fc.property(pixels, fc.integer({ min: 0, max: 47 }), (values, start) => {
      const joined = new Set(values[start] ? [start] : []);
      for (const at of joined) {
        for (const [dx, dy] of [-1, 0, 1].flatMap((x) => [-1, 0, 1].map((y) => [x, y] as const))) {
          const [x, y] = [(at % 8) + dx, Math.floor(at / 8) + dy];
          if (x >= 0 && y >= 0 && x < 8 && y < 6 && values[y * 8 + x]) joined.add(y * 8 + x);
        }
      }
      const found = mask.flood(8, 6, start, (at) => values[at] === 1);
      expect([...found].sort((a, b) => a - b)).toEqual([...joined].sort((a, b) => a - b));
    }),
    { numRuns: 300 },
  );
});

test("holes are filled, bays are not; grow and shrink undo each other on a block", () => {
  const masks = mask.createMasks(12, 12);
  mask.paintLasso(
    masks,
    0,
    [
      { x: 3, y: 3 },
      { x: 9, y: 3 },
      { x: 9, y: 9 },
      { x: 3, y: 9 },
    ],
    true,
  );
  const block = masks.bits.slice();
  masks.bits[5 * 12 + 5] = 0;
  mask.fillHoles(masks, 0);
  expect(same(masks.bits, block)).toBe(true);
  mask.grow(masks, 0, true);
  expect(areaOf(masks, 0)).toBe(64);
  mask.grow(masks, 0, false);
  expect(same(masks.bits, block)).toBe(true);
});
