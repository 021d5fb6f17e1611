import { expect, test } from "vitest";
import { layOut } from "./notes";

test("a note lies above its corner, and below it where the screen ends", () => {
  expect(layOut([{ x: 5, y: 50, width: 30 }], 12)).toEqual([{ x: 5, y: 38 }]);
  expect(layOut([{ x: 5, y: 3, width: 30 }], 12)).toEqual([{ x: 5, y: 3 }]);
  expect(layOut([{ x: 5, y: -40, width: 30 }], 12)).toEqual([{ x: 5, y: -52 }]); // with what it is said of
});

test("no note lies over another, and one beside it stays where it is", () => {
  const corners = [
    { x: 10, y: 50, width: 30 },
    { x: 12, y: 52, width: 30 },
    { x: 39, y: 45, width: 30 },
    { x: 80, y: 50, width: 30 },
  ];
  const laid = layOut(corners, 12);
  expect(laid[3]).toEqual({ x: 80, y: 38 });
  for (const [i, one] of laid.entries()) {
    for (const [j, other] of laid.entries()) {
      const apart = Math.abs(one.y - other.y) >= 12 || one.x >= other.x + 30 || other.x >= one.x + 30;
      expect(i === j || apart).toBe(true);
    }
  }
});
