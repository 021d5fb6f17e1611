import { expect, test } from "vitest";
import { read as t } from "../../texts/read";
import { wordOf } from "./TopLine";

const calm = {
  saving: "saved",
  company: "nobody",
  lease: null,
  signedOut: false,
  changed: false,
  keeping: "nothing",
  left: null,
  fault: null,
} as const;

test("Saved stands only where nothing is unsaved; the rest says where the work is", () => {
  expect(wordOf(calm)[0]).toBe(t.saved);
  expect(wordOf({ ...calm, changed: true, keeping: "kept" })[0]).toBe(t.kept);
  expect(wordOf({ ...calm, changed: true, keeping: "pageOnly" })[0]).toBe(t.pageOnly);
  expect(wordOf({ ...calm, changed: true })[0]).toBe("");
  expect(wordOf({ ...calm, saving: "waiting", changed: true, keeping: "kept" })[0]).toBe(t.waiting);
  expect(wordOf({ ...calm, saving: "refused" })[0]).toBe(t.refused);
  expect(wordOf({ ...calm, saving: "sibling" })[0]).toBe(t.sibling);
  expect(wordOf({ ...calm, signedOut: true, saving: "waiting" })[0]).toBe(t.signedOut);
  expect(wordOf({ ...calm, lease: 90 })[0]).toContain("90");
  expect(wordOf({ ...calm, fault: "renderer", changed: true, keeping: "kept" })[0]).toBe(t.rendererLost);
  expect(wordOf({ ...calm, fault: "canvas", saving: "waiting" })[0]).toBe(t.waiting);
  expect(wordOf({ ...calm, company: "lost", changed: true })[0]).toBe(t.lost);
  expect(wordOf({ ...calm, company: "audit-closed" })[0]).toBe(t["audit-closed"]);
  expect(wordOf({ ...calm, saving: "audit-closed" })[0]).toBe(t.keptClosed);
  expect(wordOf({ ...calm, saving: "read-final" })[0]).toBe(t.keptFinal);
});
