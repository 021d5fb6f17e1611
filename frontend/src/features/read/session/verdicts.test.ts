import { expect, test } from "vitest";
import { MaskDocument } from "../../../editor/document";
import { encodeRle } from "../../../editor/rle";
import { caseOf, findingOf } from "./testing";
import { collect } from "./verdicts";

test("a fix tells what its mask was taken from, and whether it was drawn on since", () => {
  const document = new MaskDocument({ width: 20, height: 10, data: new Uint8Array(200) }, () => undefined);
  document.adopt(0, encodeRle(new Uint8Array(200).fill(1, 0, 190), 20, 10, 0), "previous");
  document.grow(1, true); // nothing is there to grow
  const told = caseOf(1, { findings: [findingOf(), findingOf({ finding: "fibrosis" })] });
  const state = { edited: [true, false] } as never;
  const sent = () => collect(told, {}, {}, { document, state });
  expect(sent().map((one) => [one.verdict, one.adopted, one.touched_up])).toEqual([
    ["fix", "previous", false],
    ["accept", null, null],
  ]);
  document.grow(0, false);
  expect(sent()[0]).toMatchObject({ adopted: "previous", touched_up: true });
});
