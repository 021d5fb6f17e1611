import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeRle } from "./rle";
import { thumbOf } from "./thumb";

const FILM = fc.record({ width: fc.integer({ min: 1, max: 70 }), height: fc.integer({ min: 1, max: 70 }) });

test("a small pixel is inside exactly where a pixel of the mask lies under it", () => {
  fc.assert(
    fc.property(
      FILM,
      fc.infiniteStream(fc.nat(5)),
      fc.integer({ min: 4, max: 40 }),
      ({ width, height }, dice, size) => {
        const bits = Uint8Array.from({ length: width * height }, () => (dice.next().value ? 0 : 1));
        const thumb = thumbOf(encodeRle(bits, width, height, 0), size);
        const wanted = new Uint8Array(thumb.width * thumb.height);
        for (let y = 0; y < height; y++) {
          for (let x = 0; x < width; x++) {
            if (!bits[y * width + x]) continue;
            const under = Math.floor((x * thumb.width) / width);
            wanted[Math.floor(y * (thumb.height / height)) * thumb.width + under] = 1;
          }
        }
        const found = thumb.pixels.map((value) => (value ? 1 : 0));
        expect(Buffer.compare(found, wanted)).toBe(0);
      },
    ),
    { numRuns: 200 },
  );
});

test("one pixel of a large film is still seen, and is all border", () => {
  const bits = new Uint8Array(2500 * 2000);
  bits[1999 * 2500 + 2499] = 1;
  const thumb = thumbOf(encodeRle(bits, 2500, 2000, 0), 160);
  expect([thumb.width, thumb.height]).toEqual([160, 128]);
  expect(thumb.pixels[thumb.pixels.length - 1]).toBe(2);
  expect(thumb.pixels.reduce((sum, value) => sum + value, 0)).toBe(2);
});
