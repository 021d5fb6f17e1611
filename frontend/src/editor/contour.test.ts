import fc from "fast-check";
import { expect, test } from "vitest";
import { contour } from "./contour";

/** Even-odd by hand: a pixel is inside where an odd number of vertical edges lies to its left. */
function fill(path: string, width: number, height: number): number[] {
  const inside = new Array(width * height).fill(0);
  for (const polygon of path.split("Z").filter(Boolean)) {
    let [x, y] = [0, 0];
    let [x0, y0] = [0, 0];
    const edge = (to: number): void => {
      for (let row = Math.min(y, to); row < Math.max(y, to); row++)
        for (let column = x; column < width; column++) inside[row * width + column] ^= 1;
      y = to;
    };
    for (const [, letter, a, b] of polygon.matchAll(/([MHV])(\d+)(?: (\d+))?/g)) {
      if (letter === "M") [x, y, x0, y0] = [Number(a), Number(b), Number(a), Number(b)];
      else if (letter === "H") x = Number(a);
      else edge(Number(a));
    }
    if (x === x0)
      edge(y0); // what closes it
    else expect(y).toBe(y0);
  }
  return inside;
}

const mask = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).chain(([width, height]) =>
  fc.record({
    width: fc.constant(width),
    height: fc.constant(height),
    bits: fc.array(fc.constantFrom(0, 1), { minLength: width * height, maxLength: width * height }),
  }),
);

test("filled, the path is the mask, whatever its shape", () => {
  fc.assert(
    fc.property(mask, ({ width, height, bits }) => {
      expect(fill(contour(bits, width, height), width, height)).toEqual(bits);
    }),
  );
});

test("corners alone are named, and regions that touch at a corner stay two", () => {
  expect(contour([0, 0, 0, 0], 2, 2)).toBe("");
  expect(contour([1, 1, 1, 1], 2, 2)).toBe("M0 0H2V2H0Z");
  expect(contour([1, 0, 0, 1], 2, 2)).toBe("M0 0H1V1H0ZM1 1H2V2H1Z");
});
