import { expect, test } from "vitest";
import { commands } from "./Palette";

test("every word narrows the commands; what is held is none", () => {
  const all = commands("").map(({ action }) => action);
  expect(all).toContain("accept");
  expect(all).not.toContain("hide");
  expect(commands("region DELETE").map(({ action }) => action)).toEqual(["deleteRegion"]);
  expect(commands("no such thing")).toEqual([]);
});
