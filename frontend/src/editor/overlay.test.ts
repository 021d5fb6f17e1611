import { expect, test } from "vitest";
import { MaskDocument } from "./document";
import { Overlay } from "./overlay";
import type { Renderer } from "./render2d";
import { encodeRle } from "./rle";

test("a finding that is said not to be there steps back, and comes again when the word is taken back", () => {
  const film = { width: 8, height: 8, data: new Uint8Array(64) };
  const document = new MaskDocument(film, () => undefined);
  document.load(1, encodeRle(new Uint8Array(64).fill(1), 8, 8, 0), null);
  const looks: number[] = [];
  const renderer = { composeMasks: () => looks.push(overlay.look().ghosts) } as unknown as Renderer;
  const overlay = new Overlay(document, renderer, 3);
  expect([overlay.ghost(0b10), overlay.ghost(0b10), overlay.ghost(0)]).toEqual([true, false, true]);
  expect(looks).toEqual([0b10, 0]);
  overlay.hold("difference", true);
  expect(overlay.look()).toMatchObject({ ghosts: 0, visible: 3 });
});
