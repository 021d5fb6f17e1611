import { expect, test } from "vitest";
import { trailSearch } from "./search";

test("an address chooses lines; what is no number or text in it chooses nothing", () => {
  expect(trailSearch({ subject: "case 12", by: 3, after: 400 })).toEqual({ subject: "case 12", by: 3, after: 400 });
  expect(trailSearch({ subject: 12 })).toEqual({ subject: "12" }); // the router reads it as a number
  for (const odd of ["x", -1, 0, 1.5, null, undefined, 1e300]) expect(trailSearch({ by: odd, after: odd })).toEqual({});
  expect(trailSearch({ subject: { a: 1 }, more: 1 })).toEqual({});
});
