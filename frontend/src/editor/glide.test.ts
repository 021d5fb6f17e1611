import { expect, test } from "vitest";
import { Glide } from "./canvas2d/glide";
import type { Rect } from "./mask";
import type { Frame } from "./renderer";

const screen = { width: 400, height: 200 };

/** A glide, and what it did for each frame: drew it whole, took a picture, carried it, drew a strip. */
function begin() {
  const glide = new Glide();
  const did: string[] = [];
  const glass: Partial<CanvasRenderingContext2D> = {
    drawImage: (_: unknown, dx: number, dy: number) => void did.push(`carried ${dx} ${dy}`),
  };
  const painter = {
    whole: (to: unknown) => did.push(to === glass ? "whole" : "picture"),
    strip: (_: unknown, __: Frame, { x0, y0, x1, y1 }: Rect) => did.push(`strip ${x0} ${y0} ${x1} ${y1}`),
  };
  const show = (cx: number, other: Partial<Frame> & { scale?: number; look?: string } = {}): string[] => {
    did.length = 0;
    const view = { scale: other.scale ?? 2, cx, cy: 50 };
    const frame = { view, screen, part: null, moving: true, ...other };
    glide.paint(glass as CanvasRenderingContext2D, frame, other.look ?? "outlines", painter);
    return [...did];
  };
  return { glide, show };
}

test("a pan carries one picture and draws what it bares; at rest all is drawn, and the next pan takes a new one", () => {
  const { show } = begin();
  expect(show(100, { moving: false })).toEqual(["whole"]);
  expect(show(99)).toEqual(["picture", "carried 0 0"]);
  expect(show(97)).toEqual(["carried 4 0", "strip 0 0 4 200"]);
  expect(show(97.6)).toEqual(["carried 3 0", "strip 0 0 3 200"]); // half pixels wait until it rests
  expect(show(104)).toEqual(["carried -10 0", "strip 390 0 400 200"]);
  expect(show(104, { moving: false })).toEqual(["whole"]);
  expect(show(103)).toEqual(["picture", "carried 0 0"]);
});

test("far from where it was taken the picture is taken again", () => {
  const { show } = begin();
  show(100);
  expect(show(99)).toEqual(["picture", "carried 0 0"]);
  expect(show(75)).toEqual(["carried 48 0", "strip 0 0 48 200"]);
  expect(show(70)).toEqual(["picture", "carried 0 0"]);
  expect(show(69)).toEqual(["carried 2 0", "strip 0 0 2 200"]);
});

test("a picture that is no longer right is not carried: another zoom, another look, another mask, a stroke's part", () => {
  const { glide, show } = begin();
  show(100);
  show(99);
  expect(show(98, { scale: 2.2 })).toEqual(["whole"]);
  expect(show(98, { scale: 2.4 })).toEqual(["whole"]);
  expect(show(97, { scale: 2.4 })).toEqual(["picture", "carried 0 0"]);
  expect(show(97, { look: "filled" })).toEqual(["whole"]);
  expect(show(96, { look: "filled" })).toEqual(["picture", "carried 0 0"]);
  glide.forget();
  expect(show(95, { look: "filled" })).toEqual(["picture", "carried 0 0"]);
  expect(show(95, { look: "filled", part: { x0: 0, y0: 0, x1: 9, y1: 9 } })).toEqual(["whole"]);
  expect(show(95, { look: "filled" })).toEqual(["carried 0 0"]);
});

test("a view that is said to move and stays where it is needs no picture", () => {
  const { show } = begin();
  expect([show(100), show(100), show(100)]).toEqual([["whole"], ["whole"], ["whole"]]);
});
