import fc from "fast-check";
import { expect, test } from "vitest";
import { MaskDocument } from "./document";
import { type Point, paintCapsule, type Rect } from "./mask";
import { encodeRle } from "./rle";

// Some tiles across and down, the last ones cut: what is remembered of tiles is wrong at their borders first.
const WIDTH = 150;
const HEIGHT = 100;
const STEP = 15; // of probabilities and of thresholds: they often meet

const place = fc.record({ x: fc.integer({ min: 0, max: WIDTH - 1 }), y: fc.integer({ min: 0, max: HEIGHT - 1 }) });
const step = fc.record({
  does: fc.oneof(
    { weight: 1, arbitrary: fc.constant("slide" as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        ...(["release", "draw", "begin", "undo", "redo", "lasso", "click", "widen"] as const),
        ...(["revert", "adopt", "fill", "grow", "cut", "clear", "propose"] as const),
      ),
    },
  ),
  finding: fc.constantFrom(0, 0, 0, 1),
  threshold: fc.integer({ min: 1, max: 16 }).map((n) => n * STEP),
  adds: fc.boolean(),
  a: place,
  b: place,
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const planes = [0, 1].map((finding) =>
  Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => {
    const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
    const hill = (cx: number, cy: number): number => 255 - (3 + finding) * Math.hypot(x - cx, y - cy);
    const p = Math.max(0, hill(40, 45), hill(110, 60), 30 + 15 * Math.sin(x / 9) * Math.cos(y / 7 + finding));
    return STEP * Math.round(p / STEP);
  }),
);

/** A document on the hills, and where it said that it looks different since this was emptied. */
function begin(): { document: MaskDocument; told: Rect[] } {
  const told: Rect[] = [];
  const film = { width: WIDTH, height: HEIGHT, data: new Uint8Array(WIDTH * HEIGHT) };
  const document = new MaskDocument(film, (rect) => told.push(rect));
  document.loadMaps({ width: WIDTH, height: HEIGHT, planes });
  return { document, told };
}

function act(document: MaskDocument, { does, finding, threshold, adds, a, b }: Step): void {
  const rle = () =>
    encodeRle(
      planes[finding]!.map((p) => (p >= threshold ? 1 : 0)),
      WIDTH,
      HEIGHT,
      0,
    );
  const corners: Point[] = [a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }];
  const stroke = (): Rect => {
    const rect = paintCapsule(document.masks, finding, a, b, 6, adds)!;
    document.painted(rect);
    return rect;
  };
  ({
    slide: () => document.previewThreshold(finding, threshold),
    release: () => document.commitThreshold(),
    draw: () => document.commit(stroke()),
    begin: stroke,
    undo: () => document.undo(),
    redo: () => document.redo(),
    lasso: () => document.narrow(finding, corners),
    click: () => document.narrow(finding, [a]),
    widen: () => document.widen(),
    revert: () => document.revert(),
    adopt: () => document.adopt(finding, rle(), "previous"),
    fill: () => document.fillHoles(finding),
    grow: () => document.grow(finding, adds),
    clear: () => document.clear(finding),
    cut: () => document.cutRegion(finding, a.x, a.y, adds),
    propose: () => document.load(finding, rle(), null),
  })[does]();
}

test("areas that are counted where something changed are those of the whole film, whatever was done", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 14 }), (steps) => {
      const { document } = begin();
      for (const one of steps) {
        act(document, one);
        const [now, proposed] = [document.masks.bits, document.pseudo.bits];
        const on = [...Array(8).keys()].map((bit) => 1 << bit);
        expect(document.tally()).toEqual({
          areas: on.map((bit) => now.filter((value) => value & bit).length),
          edited: on.map((bit) => now.some((value, i) => (value ^ proposed[i]!) & bit)),
        });
      }
    }),
    { numRuns: 60 },
  );
});

test("a slider that remembers its last step makes the masks of one that visits every pixel, after any edit", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 14 }), (steps) => {
      const [quick, plain] = [begin().document, begin().document];
      for (const one of steps) {
        act(quick, one);
        plain.painted({ x0: 0, y0: 0, x1: 1, y1: 1 }); // it is not sure of any pixel
        act(plain, one);
        expect(Buffer.compare(quick.masks.bits, plain.masks.bits)).toBe(0);
        if (one.does !== "slide" || quick.scope(one.finding).kind !== "film") continue;
        const wanted = planes[one.finding]!.map((p) => (p >= one.threshold ? 1 : 0));
        const got = quick.masks.bits.map((value) => (value >> one.finding) & 1);
        expect(Buffer.compare(got, wanted)).toBe(0);
      }
    }),
    { numRuns: 300 },
  );
});

test("every pixel that a step changed lies in a rectangle that was told: what is drawn elsewhere stays right", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 14 }), (steps) => {
      const { document, told } = begin();
      for (const one of steps) {
        const before = document.masks.bits.slice();
        told.length = 0;
        act(document, one);
        if (one.does === "begin") continue; // the gesture tells it itself
        const untold = before.filter((value, i) => {
          const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
          const seen = told.some((rect) => x >= rect.x0 && x < rect.x1 && y >= rect.y0 && y < rect.y1);
          return value !== document.masks.bits[i] && !seen;
        });
        expect(untold.length).toBe(0);
      }
    }),
    { numRuns: 150 },
  );
});

test("what a slider has shown is kept on release, all of it", () => {
  const slides = step.map((one) => ({ ...one, does: one.does === "begin" ? ("slide" as const) : one.does }));
  fc.assert(
    fc.property(fc.array(slides, { maxLength: 14 }), (steps) => {
      const { document } = begin();
      for (const one of steps) {
        for (const threshold of [one.threshold, 225, 240]) act(document, { ...one, threshold });
        document.commitThreshold();
        const shown = document.masks.bits.slice();
        document.revert();
        expect(Buffer.compare(document.masks.bits, shown)).toBe(0);
      }
    }),
    { numRuns: 60 },
  );
});
