import fc from "fast-check";
import { expect, test } from "vitest";
import { MaskDocument } from "./document";
import { bounds, createMasks, difference, type Point, paintCapsule } from "./mask";
import { brush, greysLike } from "./tools";

const WIDTH = 24;
const HEIGHT = 16;
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
const square = (x0: number, y0: number, x1: number, y1: number): Point[] => [
  { x: x0, y: y0 },
  { x: x1, y: y0 },
  { x: x1, y: y1 },
  { x: x0, y: y1 },
];

/** A document whose finding 1 has two hills of probability: around (5, 8), and around (18, 8). */
function hills(): { document: MaskDocument; plane: Uint8Array } {
  const film = { width: WIDTH, height: HEIGHT, data: new Uint8Array(WIDTH * HEIGHT) };
  const plane = film.data.map((_, i) => {
    const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
    const near = Math.min(Math.hypot(x - 5, y - 8), Math.hypot(x - 18, y - 8));
    return Math.max(0, 250 - 40 * near);
  });
  const document = new MaskDocument(film, () => undefined);
  document.loadMaps({ width: WIDTH, height: HEIGHT, planes: [new Uint8Array(plane.length), plane] });
  return { document, plane };
}

function cut(document: MaskDocument, threshold: number): void {
  document.previewThreshold(1, threshold);
  document.commitThreshold();
}

test("inside a lasso the mask is P ≥ threshold whatever came before; outside not a pixel changes", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 6 }), (thresholds) => {
      const { document, plane } = hills();
      paintCapsule(document.masks, 1, { x: 12, y: 2 }, { x: 20, y: 13 }, 2, true);
      paintCapsule(document.masks, 0, { x: 2, y: 2 }, { x: 20, y: 13 }, 3, true);
      document.commit({ x0: 0, y0: 0, x1: WIDTH, y1: HEIGHT });
      const before = document.masks.bits.slice();
      document.narrow(1, square(1, 2, 11, 15));
      for (const threshold of thresholds) cut(document, threshold);
      document.masks.bits.forEach((value, i) => {
        const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
        const inside = x >= 1 && x < 11 && y >= 2 && y < 15;
        expect(value & 1).toBe(before[i]! & 1);
        expect(value & 2).toBe(inside ? (plane[i]! >= thresholds.at(-1)! ? 2 : 0) : before[i]! & 2);
      });
    }),
    { numRuns: 40 },
  );
});

test("a click narrows the slider to the region there: it shrinks, grows again, and its neighbour stays", () => {
  const { document } = hills();
  cut(document, 150);
  const both = document.tally().areas[1]!;
  document.narrow(1, [{ x: 5, y: 9 }]);
  expect(document.scope(1).kind).toBe("region");
  cut(document, 240);
  expect(document.tally().areas[1]!).toBe(both / 2 + 1);
  cut(document, 150);
  expect(document.tally().areas[1]!).toBe(both);
  document.undo();
  expect(document.tally().areas[1]!).toBe(both / 2 + 1);
  expect(document.scope(1).kind).toBe("film"); // an undo changed what the scope remembered
});

test("where the mask missed a region, a click grows one from there alone", () => {
  const { document } = hills();
  document.narrow(1, [{ x: 18.5, y: 8.5 }]);
  cut(document, 128);
  expect(bounds(document.masks, 1)).toEqual({ x0: 15, y0: 5, x1: 22, y1: 12 });
});

test("without a map, and off the film, nothing is narrowed", () => {
  const film = { width: 4, height: 4, data: new Uint8Array(16) };
  expect(new MaskDocument(film, () => undefined).narrow(0, [{ x: 1, y: 1 }])).toBe(false);
  expect(hills().document.narrow(1, [{ x: -3, y: 2 }])).toBe(false);
});

test("difference: what was added and what was taken away, of one finding", () => {
  const before = createMasks(3, 1);
  const after = createMasks(3, 1);
  before.bits.set([2, 2, 1]);
  after.bits.set([2, 0, 3]);
  expect([...difference(before, after, 1).bits]).toEqual([0, 2, 1]);
});

test("the smart brush marks like greys inside the stroke, and nothing else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 400, maxLength: 400 }), fc.boolean(), (data, value) => {
      const film = { width: 20, height: 20, data };
      const gate = greysLike(film, { low: 0, high: 255, invert: false }, { x: 10, y: 10 });
      const [plain, gated] = [createMasks(20, 20), createMasks(20, 20)];
      for (const masks of [plain, gated]) masks.bits.fill(value ? 0 : 1);
      brush(plain, 0, { x: 10, y: 10 }, 4, value).move({ x: 14, y: 12 });
      brush(gated, 0, { x: 10, y: 10 }, 4, value, gate).move({ x: 14, y: 12 });
      const wanted = plain.bits.map((bit, i) => (gate(i) ? bit : value ? 0 : 1));
      expect(same(gated.bits, wanted)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test("greys like those at the edge of a lung: one side of a step, not the other", () => {
  const data = Uint8Array.from({ length: 400 }, (_, i) => (i % 20 < 12 ? 60 : 160));
  const gate = greysLike({ width: 20, height: 20, data }, { low: 40, high: 200, invert: false }, { x: 8, y: 10 });
  expect([gate(10 * 20 + 11), gate(10 * 20 + 12)]).toEqual([true, false]);
});

test("a scope goes on in another sitting as if nothing had come between", () => {
  for (const path of [square(1, 2, 11, 15), [{ x: 5, y: 9 }]]) {
    const here = hills().document;
    cut(here, 60); // the hills touch
    here.narrow(1, path);
    cut(here, 200);
    const there = hills().document;
    there.restore(1, here.rle(1), null);
    there.restoreScope(JSON.parse(JSON.stringify(here.keepScope())));
    expect(there.scope(1).kind).toBe(here.scope(1).kind);
    for (const threshold of [40, 220, 120]) {
      cut(here, threshold);
      cut(there, threshold);
      expect(same(there.masks.bits, here.masks.bits)).toBe(true);
    }
  }
  expect(hills().document.keepScope()).toBeNull();
});
