import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256 } from "./sha256";

const known = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

test("the digests of Node's own, around every block's edge", () => {
  for (let length = 0; length < 140; length++) expect(sha256("a".repeat(length))).toBe(known("a".repeat(length)));
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => sha256(text) === known(text)));
});
