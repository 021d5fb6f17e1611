import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { api } from "../../../api/client";
import { sha256 } from "../../../api/sha256";
import { keep, listDrafts } from "./drafts";
import { flush, put, send, waiting } from "./outbox";
import type { Letter } from "./types";

const draft = (reader: number, caseId: number, verdict = "accept"): Omit<Letter, "key"> =>
  ({
    reader,
    caseId,
    version: 0,
    body: {
      image_sha256: "0",
      fence: 1,
      seconds: 1,
      verdicts: [{ finding: "nodule", verdict, mask: null, note: null }],
    },
  }) as Omit<Letter, "key">;

function answer(status: number, body: unknown = { version: 1, sibling: status === 412, masks: {} }) {
  const response = new Response(status === 204 ? null : JSON.stringify(body), { status });
  return vi
    .spyOn(api, "POST")
    .mockImplementation(async () => ({ response, ...(status < 300 ? { data: body } : { error: body }) }) as never);
}

beforeEach(() => localStorage.clear());
afterEach(() => vi.restoreAllMocks());

test.each([0, 401, 408, 429, 500, 503])("a read that met %i is kept", async (status) => {
  const letter = put(draft(1, 7));
  if (status) answer(status);
  else vi.spyOn(api, "POST").mockRejectedValue(new TypeError("offline"));
  expect(await send(letter)).toEqual({ state: "waiting", signedOut: status === 401 });
  expect(waiting(1)).toEqual([letter]);
});

test("an acknowledged, a late and a refused read leave the outbox, each with its word", async () => {
  for (const [status, state] of [
    [200, "saved"],
    [412, "sibling"],
    [422, "refused"],
  ] as const) {
    answer(status);
    expect((await send(put(draft(1, 7)))).state).toBe(state);
    expect(waiting(1)).toEqual([]);
  }
});

test("a read into a closed audit, or over a final one, leaves the outbox as kept beside, and may be looked at", async () => {
  for (const why of ["audit-closed", "read-final"]) {
    answer(409, { type: `urn:overread:${why}`, version: 1, sibling: true, done: false, why, masks: {} });
    expect(await send(put(draft(1, 7)))).toEqual({ state: "sibling", newer: false, look: true, why });
    expect(waiting(1)).toEqual([]);
  }
});

test("what one reader left waiting is not sent under another's name", async () => {
  put(draft(1, 7));
  const post = answer(200);
  expect((await flush(2)).size).toBe(0);
  expect(post).not.toHaveBeenCalled();
  expect([...(await flush(1)).keys()]).toEqual([7]);
});

test("the same read pressed twice is one letter; a changed one takes its place", () => {
  const first = put(draft(1, 7));
  expect(put(draft(1, 7)).key).toBe(first.key);
  const changed = put(draft(1, 7, "reject"));
  expect(changed.key).not.toBe(first.key);
  expect(waiting(1)).toEqual([changed]);
});

test("a full store loses nothing that this page can still send", async () => {
  vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new DOMException("full", "QuotaExceededError");
  });
  put(draft(3, 9));
  expect(waiting(3)).toHaveLength(1);
  answer(200);
  expect((await flush(3)).get(9)?.state).toBe("saved");
  expect(waiting(3)).toEqual([]);
});

const place = { reader: 5, auditId: 1, caseId: 7, version: 0, sha256: "0", shown: "m" };
const work = { masks: {}, verdicts: {}, remarks: {}, finding: 0, sliders: [], seconds: 1 };

test("a draft goes with the letter that carries exactly its content; a newer one goes on from what was saved", async () => {
  const { id } = await keep({ ...place, ...work, stamp: "one" }, null);
  put({ ...draft(5, 7), draft: { id, stamp: "one" } });
  answer(200);
  expect((await flush(5)).get(7)).toEqual({ state: "saved", newer: false });
  expect(await listDrafts(5)).toEqual([]);
  await keep({ ...place, ...work, stamp: "two" }, null);
  put({ ...draft(5, 7, "reject"), draft: { id, stamp: "one" } });
  expect((await flush(5)).get(7)).toEqual({ state: "saved", newer: true });
  expect((await listDrafts(5)).map(({ stamp, version }) => [stamp, version])).toEqual([["two", 1]]);
});

test("a refused read, and one that the server stored otherwise than drawn, leave the draft", async () => {
  const { id } = await keep({ ...place, ...work, reader: 6, stamp: "one" }, null);
  const mask = { size: [1, 2], counts: "11" };
  const fix = draft(6, 7, "fix");
  fix.body.verdicts[0]!.mask = mask;
  const letter = { ...fix, draft: { id, stamp: "one" } };
  answer(422, { title: "No", detail: "a sentence" });
  expect((await send(put(letter))).state).toBe("refused");
  answer(200, { version: 1, sibling: false, masks: { nodule: sha256("another") } });
  expect((await send(put(letter))).state).toBe("refused");
  expect(await listDrafts(6)).toHaveLength(1);
  answer(200, { version: 1, sibling: false, masks: { nodule: sha256("1x2:11") } });
  expect(await send(put(letter))).toEqual({ state: "saved", newer: false });
  expect(await listDrafts(6)).toEqual([]);
});
