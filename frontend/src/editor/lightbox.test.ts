import { expect, test } from "vitest";
import { FITTED, placeOf, viewOf } from "./lightbox";
import { zoomAt } from "./view";

const film = { width: 2000, height: 2500 };

test("a place names the same part of the film on every screen", () => {
  const wide = { width: 900, height: 700 };
  const small = { width: 300, height: 350 };
  const view = zoomAt(viewOf(FITTED, film, wide), wide, { x: 500, y: 300 }, 3, film);
  const place = placeOf(view, film, wide);
  expect(place.zoom).toBeCloseTo(3);
  expect(placeOf(viewOf(place, film, small), film, small).x).toBeCloseTo(place.x);
  expect(viewOf(place, film, wide).scale).toBeCloseTo(view.scale);
  expect(viewOf(FITTED, film, small).cx).toBe(1000);
});
