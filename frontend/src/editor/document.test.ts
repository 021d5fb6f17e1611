import { expect, test } from "vitest";
import { MaskDocument } from "./document";
import { paintCapsule } from "./mask";
import { encodeRle } from "./rle";

const film = { width: 20, height: 10, data: new Uint8Array(200) };

function draw(document: MaskDocument, finding: number): void {
  document.commit(paintCapsule(document.masks, finding, { x: 5, y: 5 }, { x: 9, y: 5 }, 2, true));
}

test("a revision tells which finding changed: by a stroke, its undo and its redo, and not by a load", () => {
  const document = new MaskDocument(film, () => undefined);
  document.load(1, null, encodeRle(new Uint8Array(200).fill(1), 20, 10, 0));
  expect(document.revisions).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  draw(document, 2);
  draw(document, 7);
  expect(document.revisions).toEqual([0, 0, 1, 0, 0, 0, 0, 1]);
  document.undo();
  expect(document.revisions[7]).toBe(2);
  document.redo();
  expect(document.revisions).toEqual([0, 0, 1, 0, 0, 0, 0, 3]);
});

test("a gesture that changes nothing is no revision, and a thrown-away one neither", () => {
  const document = new MaskDocument(film, () => undefined);
  draw(document, 0);
  draw(document, 0);
  paintCapsule(document.masks, 0, { x: 1, y: 1 }, { x: 3, y: 1 }, 2, true);
  document.revert();
  expect(document.revisions[0]).toBe(1);
  expect(document.tally().areas[0]).toBeGreaterThan(10);
});

test("what a mask was taken from is told while it stands: gone with an undo, a reset or a clear", () => {
  const document = new MaskDocument(film, () => undefined);
  document.loadMaps({ width: 20, height: 10, planes: [new Uint8Array(200).fill(0), film.data.map((_, i) => i)] });
  document.adopt(0, encodeRle(new Uint8Array(200).fill(1), 20, 10, 0), "public");
  document.previewThreshold(1, 150);
  document.previewThreshold(1, 102);
  document.commitThreshold();
  draw(document, 0);
  document.clear(3);
  expect(document.history.made(0)?.adopted).toBe("public");
  expect(document.history.made(1)?.threshold).toBeCloseTo(0.4);
  document.undo();
  document.undo();
  expect(document.history.made(1)).toBeNull();
  document.redo();
  document.clear(1);
  document.reset(0);
  expect([document.history.made(0)?.adopted, document.history.made(1)?.threshold]).toEqual([undefined, undefined]);
});

test("what was drawn since a mask was taken is told, in this sitting and in the next", () => {
  const document = new MaskDocument(film, () => undefined);
  const all = encodeRle(new Uint8Array(200).fill(1, 0, 190), 20, 10, 0);
  document.adopt(0, all, "public");
  draw(document, 1); // another finding's
  expect(document.history.made(0)?.touchedUp).toBe(false);
  document.clear(0);
  document.undo();
  document.grow(0, true);
  expect(document.history.made(0)).toEqual({ finding: 0, adopted: "public", touchedUp: true });
  document.undo();
  expect(document.history.made(0)?.touchedUp).toBe(false);
  document.restore(0, all, { finding: 0, adopted: "public", touchedUp: false });
  document.grow(0, true);
  expect(document.history.made(0)?.touchedUp).toBe(true);
  document.restore(0, all, { finding: 0, adopted: "public", touchedUp: true });
  expect(document.history.made(0)?.touchedUp).toBe(true);
  document.adopt(0, encodeRle(new Uint8Array(200), 20, 10, 0), "previous");
  expect(document.history.made(0)).toEqual({ finding: 0, adopted: "previous", touchedUp: false });
});

test("a mask of an earlier sitting stands as a gesture does, with what it was made with, and is no undo", () => {
  const document = new MaskDocument(film, () => undefined);
  document.load(0, null, null);
  document.restore(2, encodeRle(new Uint8Array(200).fill(1), 20, 10, 0), { finding: 2, adopted: "public" });
  expect([document.tally().areas[2], document.history.standing, document.history.canUndo]).toEqual([200, 4, false]);
  expect(document.history.made(2)?.adopted).toBe("public");
  draw(document, 1);
  expect(document.history.standing).toBe(6);
  document.undo();
  expect(document.history.standing).toBe(4);
});

test("doubt is the share of teachers that disagree with the proposed mask, and the map's where no teacher's is here", () => {
  const document = new MaskDocument(film, () => undefined);
  const upTo = (n: number) => encodeRle(new Uint8Array(200).fill(1, 0, n), 20, 10, 0);
  document.lay([
    { pseudo: null, current: null },
    { pseudo: upTo(100), current: upTo(10), teachers: [upTo(100), upTo(60), upTo(0), upTo(140)] },
  ]);
  expect([document.teachersOf(0), document.teachersOf(1), document.doubt(0)]).toEqual([0, 4, null]);
  document.loadMaps({ width: 20, height: 10, planes: [new Uint8Array(200).fill(127), new Uint8Array(200)] });
  const apart = document.doubt(1)!;
  expect([apart[0], apart[70], apart[120], apart[160]]).toEqual([64, 128, 64, 0]);
  expect(document.doubt(0)![0]).toBe(255);
  document.adopt(1, upTo(60), "teacher", 2);
  expect(document.history.made(1)).toEqual({ finding: 1, adopted: "teacher", teacher: 2, touchedUp: false });
  expect(document.doubt(1)![70]).toBe(128);
});
