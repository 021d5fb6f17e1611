import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { api } from "../../../api/client";
import { Lease } from "./lease";
import { caseOf } from "./testing";

let lease: Lease | null = null;

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  lease?.end();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function hold(changes: Parameters<typeof caseOf>[1] = {}) {
  const heard: unknown[] = [];
  lease = new Lease(caseOf(7, changes), {
    ends: (seconds) => heard.push(seconds),
    over: (company) => heard.push(company),
    signedOut: () => heard.push("signed out"),
  });
  const after = async (seconds: number): Promise<unknown> => {
    await vi.advanceTimersByTimeAsync(seconds * 1000);
    return heard.at(-1);
  };
  return { heard, after };
}

function answer(status: number, body: unknown = { lease_seconds: 600 }) {
  const response = new Response(JSON.stringify(body), { status });
  return vi
    .spyOn(api, "POST")
    .mockImplementation(async () => ({ response, ...(status < 300 ? { data: body } : { error: body }) }) as never);
}

test("a heartbeat every twenty seconds while the page is seen; none while it is not, and one at once when it is again", async () => {
  const beats = answer(200);
  const { after } = hold();
  await after(61);
  expect(beats).toHaveBeenCalledTimes(3);
  const seen = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
  await after(100);
  expect(beats).toHaveBeenCalledTimes(3);
  seen.mockReturnValue("visible");
  document.dispatchEvent(new Event("visibilitychange"));
  expect(beats).toHaveBeenCalledTimes(4);
});

test("the end is told from two minutes on, and whoever acts then keeps the case", async () => {
  answer(503);
  const { after } = hold({ lease_seconds: 130 });
  expect(await after(5)).toBeNull();
  expect(await after(10)).toBe(115);
  const beats = answer(200);
  await after(3);
  beats.mockClear();
  dispatchEvent(new Event("keydown"));
  expect(beats).toHaveBeenCalledTimes(1);
  expect(await after(1)).toBeNull(); // ours for ten minutes more
});

test("a lease that went to another reader, or with its audit, is told once and not asked for again", async () => {
  for (const [status, type, word] of [
    [412, "urn:overread:stale-version", "lost"],
    [409, "urn:overread:audit-closed", "audit-closed"],
  ] as const) {
    const beats = answer(status, { type });
    const { heard, after } = hold();
    await after(90);
    expect(heard.filter((one) => one === word)).toEqual([word]);
    expect(beats).toHaveBeenCalledTimes(1);
    lease?.end();
    vi.restoreAllMocks();
  }
});

test("signed out is told; what comes after the case was left is not", async () => {
  answer(401, {});
  const { heard, after } = hold();
  await after(21);
  expect(heard).toContain("signed out");
  heard.length = 0;
  const late = lease!.beat();
  lease!.end();
  await late;
  await after(60);
  expect(heard).toEqual([]);
});

test("what cannot be decided any more is nobody's to hold", async () => {
  const beats = answer(200);
  const { heard, after } = hold({ why: "audit-closed" });
  await after(120);
  await lease!.beat();
  expect([heard, beats.mock.calls]).toEqual([[], []]);
});
