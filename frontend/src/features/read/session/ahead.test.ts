import { expect, test, vi } from "vitest";
import { isAlike, layAhead, takeAhead } from "./ahead";
import { caseOf, findingOf } from "./testing";

const told = caseOf(7);

test("a case that was claimed since looks the same", () => {
  expect(isAlike(told, { ...told, fence: 2, version: 1, lease_seconds: 600 })).toBe(true);
});

test("another case, another mask, or eyes that may not see yet do not", () => {
  const read = findingOf({ read: { size: [4, 4], counts: "13" } });
  for (const change of [{ id: 8 }, { blind: true }, { findings: [read] }, { labelling_id: 3 }]) {
    expect(isAlike(told, { ...told, ...change })).toBe(false);
  }
});

test("a case that was laid out for one reader is not shown to another", () => {
  vi.stubGlobal("fetch", async () => new Response(null, { status: 404 }));
  layAhead(1, 6, told, { width: 2, height: 2 });
  expect(takeAhead({ told, reader: 2, draft: null })).toBeNull();
  expect(takeAhead({ told: { ...told, fence: 2 }, reader: 1, draft: null })?.on.told.id).toBe(7);
  vi.unstubAllGlobals();
});
