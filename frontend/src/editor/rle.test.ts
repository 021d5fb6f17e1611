import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeRle, encodeRle, isEmptyRle, runsOf } from "./rle";

interface Golden {
  rows: string[];
  counts: string;
}

const golden = JSON.parse(readFileSync("../tests/golden/rle.json", "utf8")) as Golden[];

test("the golden file shared with the server, both ways", () => {
  for (const { rows, counts } of golden) {
    const height = rows.length;
    const width = rows[0]!.length;
    const bits = Uint8Array.from(rows.join(""), (pixel) => (pixel === "#" ? 8 : 0));
    expect(encodeRle(bits, width, height, 3)).toEqual({ size: [height, width], counts });
    const back = new Uint8Array(width * height);
    decodeRle({ size: [height, width], counts }, back, width, height, 3);
    expect(Buffer.compare(back, bits)).toBe(0);
    expect(isEmptyRle({ size: [height, width], counts })).toBe(!rows.join("").includes("#"));
  }
});

test("what goes in comes out, and other findings stay", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 20 }),
      fc.infiniteStream(fc.boolean()),
      (width, height, coin) => {
        const bits = Uint8Array.from({ length: width * height }, () => (coin.next().value ? 0b10 : 0b01));
        const before = bits.slice();
        decodeRle(encodeRle(bits, width, height, 1), bits, width, height, 1);
        expect(Buffer.compare(bits, before)).toBe(0);
      },
    ),
  );
});

test("a small mask anywhere in a film is walked in its own bounds, and spelt as pycocotools does: no run is empty", () => {
  const side = fc.integer({ min: 0, max: 7 });
  fc.assert(
    fc.property(side, side, side, side, (x0, y0, w, h) => {
      const bits = new Uint8Array(88).map((_, i) => {
        const [x, y] = [i % 8, Math.floor(i / 8)];
        return x >= x0 && x < x0 + w && y >= y0 && y <= y0 + h ? 1 : 0;
      });
      const rle = encodeRle(bits, 8, 11, 0);
      expect(runsOf(rle).slice(1).every(Boolean)).toBe(true);
      const back = new Uint8Array(88);
      decodeRle(rle, back, 8, 11, 0);
      expect(Buffer.compare(back, bits)).toBe(0);
    }),
  );
});

test("a mask for another film, or broken counts, are refused", () => {
  const bits = new Uint8Array(12);
  const rle = encodeRle(bits, 4, 3, 0);
  expect(() => decodeRle(rle, new Uint8Array(12), 3, 4, 0)).toThrow();
  expect(() => decodeRle({ size: [3, 4], counts: "~~~" }, bits, 4, 3, 0)).toThrow();
  expect(() => decodeRle({ size: [3, 4], counts: "5" }, bits, 4, 3, 0)).toThrow();
});
