import fc from "fast-check";
import { expect, test } from "vitest";
import { strips } from "./canvas2d/backdrop";
import { createMasks, type Masks } from "./mask";
import { forEdges } from "./outline";

const WIDTH = 7;
const HEIGHT = 6;

/** Every edge as unit pieces, by looking at each pair of neighbours. */
function naive({ bits }: Masks, bit: number): string[] {
  const at = (x: number, y: number): number =>
    x < 0 || y < 0 || x >= WIDTH || y >= HEIGHT ? 0 : (bits[y * WIDTH + x]! >> bit) & 1;
  const found: string[] = [];
  for (let y = 0; y <= HEIGHT; y++) {
    for (let x = 0; x <= WIDTH; x++) {
      if (at(x, y) !== at(x, y - 1)) found.push(`${x},${y} along`);
      if (at(x, y) !== at(x - 1, y)) found.push(`${x},${y} down`);
    }
  }
  return found.sort();
}

test("tiles of any size trace every edge once, at the film's border too", () => {
  const pixels = fc.array(fc.integer({ min: 0, max: 7 }), { minLength: WIDTH * HEIGHT, maxLength: WIDTH * HEIGHT });
  fc.assert(
    fc.property(pixels, fc.integer({ min: 1, max: 9 }), (values, tile) => {
      const masks = createMasks(WIDTH, HEIGHT);
      masks.bits.set(values);
      const found: string[][] = [[], [], []];
      for (let y0 = 0; y0 <= HEIGHT; y0 += tile) {
        for (let x0 = 0; x0 <= WIDTH; x0 += tile) {
          const rect = { x0, y0, x1: Math.min(x0 + tile, WIDTH + 1), y1: Math.min(y0 + tile, HEIGHT + 1) };
          forEdges(masks, rect, (bit, ax, ay, bx, by) => {
            if (ay === by) for (let x = ax; x < bx; x++) found[bit]!.push(`${x},${ay} along`);
            else found[bit]!.push(`${ax},${ay} down`);
          });
        }
      }
      for (const bit of [0, 1, 2]) expect(found[bit]!.sort()).toEqual(naive(masks, bit));
    }),
  );
});

test("what a shift brings into sight is covered, and nothing that was there", () => {
  const screen = { width: 10, height: 8 };
  expect(strips(3, 0, screen)).toEqual([{ x0: 0, y0: 0, x1: 3, y1: 8 }]);
  expect(strips(-2, 1, screen)).toEqual([
    { x0: 8, y0: 0, x1: 10, y1: 8 },
    { x0: 0, y0: 0, x1: 10, y1: 1 },
  ]);
  expect(strips(0, 0, screen)).toEqual([]);
});
