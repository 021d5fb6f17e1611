import { expect, test } from "vitest";
import { namesAside } from "./namesAside";

test("names have the room that they need, and on a narrow screen go on in lines below", () => {
  expect(namesAside(1100, 280)).toMatchObject({ marginLeft: 280, row: 26 });
  const narrow = namesAside(320, 280);
  expect(narrow.marginLeft).toBe(128);
  expect(narrow.row).toBeGreaterThan(26 * 2);
  expect(narrow.axis.lineWidth * 12).toBeLessThan(128);
});
