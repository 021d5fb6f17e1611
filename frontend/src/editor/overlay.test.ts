import { expect, test } from "vitest";
import { MaskDocument } from "./document";
import { Overlay } from "./overlay";
import { encodeRle } from "./rle";

test("a finding that is said not to be there steps back, and comes again when the word is taken back", () => {
  const film = { width: 8, height: 8, data: new Uint8Array(64) };
  const document = new MaskDocument(film, () => undefined);
  document.load(1, encodeRle(new Uint8Array(64).fill(1), 8, 8, 0), null);
  const looks: (number | undefined)[] = [];
  const overlay = new Overlay(document, () => looks.push(overlay.scene()?.look.ghosts), 3);
  expect([overlay.ghost(0b10), overlay.ghost(0b10), overlay.ghost(0)]).toEqual([true, false, true]);
  expect(looks).toEqual([0b10, 0]);
  overlay.hold("difference", true);
  expect(overlay.scene()?.look).toMatchObject({ ghosts: 0, visible: 3 });
});

test("a byte is seen in the colours of the findings that are shown, doubt in its own, and nothing while hidden", () => {
  const film = { width: 2, height: 1, data: new Uint8Array(2) };
  const document = new MaskDocument(film, () => undefined);
  document.loadMaps({ width: 2, height: 1, planes: [Uint8Array.from([0, 128])] });
  const told: boolean[] = [];
  const overlay = new Overlay(document, (_, tint) => told.push(tint), 2);
  const [orange, blue] = [0x51009fe6 + 0x01000000, 0x51e9b456 + 0x01000000];
  expect([...overlay.scene()!.table.subarray(0, 3)]).toEqual([0, orange, blue]);
  overlay.visible = 0b10;
  expect([...overlay.scene()!.table.subarray(0, 4)]).toEqual([0, 0, blue, blue]);
  overlay.doubt = true;
  overlay.recomposeAll();
  expect([...overlay.scene()!.bytes]).toEqual([0, 255]);
  expect(overlay.scene()!.table[255]).toBe(((191 << 24) | 0x00d28cff) >>> 0);
  overlay.recompose({ x0: 0, y0: 0, x1: 1, y1: 1 });
  expect(told).toEqual([true, false]); // under a stroke the doubt stays
  overlay.hold("hide", true);
  expect(overlay.scene()).toBeNull();
});

test("boxes are of the masks as they were when they last rested, of the findings that are seen", () => {
  const film = { width: 8, height: 8, data: new Uint8Array(64) };
  const document = new MaskDocument(film, () => undefined);
  const overlay = new Overlay(document, () => undefined, 2);
  const at = (from: number, to: number) =>
    encodeRle(
      new Uint8Array(64).map((_, i) => (i % 8 >= from && i % 8 < to && i < 16 ? 1 : 0)),
      8,
      8,
      0,
    );
  document.load(0, null, at(1, 3));
  document.load(1, null, at(4, 8));
  expect([overlay.settle(), overlay.boxed()]).toEqual([false, []]);
  overlay.boxes = true;
  const [first, second] = [
    { x: 1, y: 0, width: 2, height: 2 },
    { x: 4, y: 0, width: 4, height: 2 },
  ];
  const shown = () => overlay.boxed().flatMap(({ boxes }) => boxes);
  expect(shown()).toEqual([first, second]);
  document.masks.bits[63] = 1; // a stroke on its way
  expect(shown()).toEqual([first, second]);
  expect(overlay.settle()).toBe(true);
  expect(shown()).toEqual([first, { x: 7, y: 7, width: 1, height: 1 }, second]);
  overlay.visible = 0b10;
  expect(shown()).toEqual([second]);
  overlay.ghost(0b10);
  expect(shown()).toEqual([]);
  overlay.visible = 0xff;
  for (const what of ["hide", "original", "difference"] as const) {
    overlay.hold(what, true);
    expect(shown()).toEqual([]);
    overlay.hold(what, false);
  }
  expect(shown()).toHaveLength(2);
});
