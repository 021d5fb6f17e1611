import { expect, test } from "vitest";
import { MaskDocument } from "./document";
import { bounds } from "./mask";
import { forEdges } from "./outline";
import { frame } from "./view";
import { autoWindow, lookUp } from "./window";

test.each([new Uint8Array(64).fill(7), new Uint16Array(64).fill(4000), new Uint16Array(64)])(
  "a film of one grey level has a window, and greys that are numbers",
  (data) => {
    const window = autoWindow({ width: 8, height: 8, data });
    expect(window.high).toBeGreaterThan(window.low);
    const greys = lookUp(window, data instanceof Uint8Array ? 256 : 65536);
    expect(greys[data[0]!]).toBe(0);
    expect(lookUp({ ...window, invert: true }, 65536)[data[0]!]).toBe(255);
  },
);

test("a mask of one pixel is drawn, outlined, found, brought into view, cut and taken back", () => {
  const film = { width: 9, height: 7, data: new Uint8Array(63) };
  const document = new MaskDocument(film, () => undefined);
  document.masks.bits[3 * 9 + 8] = 4; // at the film's right edge
  document.commit({ x0: 8, y0: 3, x1: 9, y1: 4 });
  const rle = document.rle(2);
  expect(document.tally().areas[2]).toBe(1);
  let edges = 0;
  forEdges(document.masks, { x0: 0, y0: 0, x1: 10, y1: 8 }, () => edges++);
  expect(edges).toBe(4);
  const view = frame(bounds(document.masks, 2)!, { width: 900, height: 700 }, film);
  expect([view.cx, view.cy, Number.isFinite(view.scale)]).toEqual([8.5, 3.5, true]);
  document.cutRegion(2, 8.5, 3.5, false);
  expect(document.tally().areas[2]).toBe(0);
  document.undo();
  expect(document.rle(2)).toEqual(rle);
});

test("without a probability map the slider's gestures change nothing", () => {
  const document = new MaskDocument({ width: 4, height: 4, data: new Uint8Array(16) }, () => undefined);
  document.previewThreshold(0, 100);
  document.commitThreshold();
  expect(document.narrow(0, [{ x: 1, y: 1 }])).toBe(false);
  expect([document.history.canUndo, document.doubt(0), document.tally().areas[0]]).toEqual([false, null, 0]);
});
