import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Box, boxesOf } from "./boxes";
import { createMasks, type Masks } from "./mask";

type Golden = { rows: string[]; boxes: number[][] };
const golden = JSON.parse(readFileSync("../tests/golden/boxes.json", "utf8")) as Golden[];

function masksOf(rows: string[], bit: number): Masks {
  const masks = createMasks(rows[0]!.length, rows.length);
  rows.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) if (row[x] === "#") masks.bits[y * masks.width + x] = 1 << bit;
  });
  return masks;
}

const told = (boxes: Box[]): number[][] => boxes.map(({ x, y, width, height }) => [x, y, width, height]);

test("the golden file shared with the server", () => {
  for (const { rows, boxes } of golden) expect(told(boxesOf(masksOf(rows, 3))[3]!)).toEqual(boxes);
});

/** The same by another way: each region is filled from a pixel of it. */
function filled({ width, height, bits }: Masks, bit: number): number[][] {
  const seen = new Set<number>();
  const found: number[][] = [];
  const isOn = (x: number, y: number): boolean =>
    x >= 0 && x < width && y >= 0 && y < height && Boolean(bits[y * width + x]! & (1 << bit));
  for (let start = 0; start < bits.length; start++) {
    if (!isOn(start % width, Math.floor(start / width)) || seen.has(start)) continue;
    const [xs, ys, todo] = [[] as number[], [] as number[], [start]];
    seen.add(start);
    while (todo.length) {
      const at = todo.pop()!;
      const [x, y] = [at % width, Math.floor(at / width)];
      xs.push(x);
      ys.push(y);
      for (const [dx, dy] of [-1, 0, 1].flatMap((dx) => [-1, 0, 1].map((dy) => [dx, dy] as const))) {
        const to = (y + dy) * width + x + dx;
        if (!isOn(x + dx, y + dy) || seen.has(to)) continue;
        seen.add(to);
        todo.push(to);
      }
    }
    const [x, y] = [Math.min(...xs), Math.min(...ys)];
    found.push([x, y, Math.max(...xs) - x + 1, Math.max(...ys) - y + 1]);
  }
  return found.sort((a, b) => a[1]! - b[1]! || a[0]! - b[0]! || a[3]! - b[3]! || a[2]! - b[2]!);
}

test("boxes are those of regions filled one by one, of every finding on the same pixels", () => {
  const side = fc.integer({ min: 1, max: 16 });
  fc.assert(
    fc.property(side, side, fc.infiniteStream(fc.integer({ min: 0, max: 15 })), (width, height, dice) => {
      const masks = createMasks(width, height);
      // Two throws at once: some findings are dense, some are sparse.
      masks.bits.forEach((_, at) => {
        const [one, two] = [dice.next().value!, dice.next().value!];
        masks.bits[at] = (one & two) | (one << 4);
      });
      const boxes = boxesOf(masks);
      for (let bit = 0; bit < 8; bit++) expect(told(boxes[bit]!)).toEqual(filled(masks, bit));
    }),
  );
});
