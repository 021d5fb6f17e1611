import { expect, test } from "vitest";
import { acknowledge, findDraft, forget, keep, listDrafts, PAGE, shownOf } from "./drafts";
import { attend } from "./presence";

// No IndexedDB here, as in a browser whose store is shut: what is kept lives as long as the page, and says so.
const place = { reader: 1, auditId: 1, caseId: 7, version: 0, sha256: "a", shown: "m" };
const here = { reader: 1, auditId: 1, caseId: 7, sha256: "a", shown: "m" };
const work = { masks: {}, verdicts: { nodule: "reject" as const }, remarks: {}, seconds: 3 };
const nobody = async (): Promise<ReadonlySet<string>> => new Set();

test("where no store opens, work is kept on the page, and whoever keeps it is told", async () => {
  const { id, stored } = await keep({ ...place, ...work, stamp: "one" }, null);
  expect(stored).toBe(false);
  expect(await findDraft(here, nobody)).toMatchObject({ ...work, page: PAGE });
  await forget(id);
  expect(await findDraft(here, nobody)).toBeNull();
});

test("another reader, audit, case, film or mask has drafts of its own", async () => {
  const { id } = await keep({ ...place, ...work, stamp: "one" }, null);
  for (const other of [{ reader: 2 }, { auditId: 2 }, { caseId: 8 }, { sha256: "b" }, { shown: "n" }]) {
    expect(await findDraft({ ...here, ...other }, nobody)).toBeNull();
  }
  expect(await findDraft(here, nobody)).not.toBeNull();
  expect(await acknowledge({ id, stamp: "one" }, 1)).toBe(false);
  expect(await listDrafts(1)).toEqual([]);
});

test("a draft from before masks were named, or of another mask, is laid on nothing and kept", async () => {
  const { shown: _, ...unnamed } = place;
  const { id } = await keep({ ...unnamed, ...work, stamp: "old" } as never, null);
  expect(await findDraft(here, nobody)).toBeNull();
  expect(await listDrafts(1)).toHaveLength(1);
  await forget(id);
  const masks = (shown: string | null) => ({ findings: [{ finding: "nodule", shown }] });
  expect(new Set([shownOf(masks("a")), shownOf(masks("b")), shownOf(masks(null))]).size).toBe(3);
});

test("two pages on one case hear of each other, and of which came first", async () => {
  const heard: boolean[] = [];
  const mine = attend(1, 7, (cameFirst) => heard.push(cameFirst));
  const channel = new BroadcastChannel("overread-reading");
  const answers = new Promise((resolve) =>
    channel.addEventListener("message", ({ data }) => resolve(data), { once: true }),
  );
  channel.postMessage({ page: "other", reader: 1, caseId: 8, says: "opened" });
  channel.postMessage({ page: "other", reader: 1, caseId: 7, says: "opened" });
  expect(await answers).toEqual({ page: PAGE, reader: 1, caseId: 7, says: "here" });
  expect([...(await mine.living())]).toEqual(["other"]);
  expect(heard).toEqual([true]);
  mine.leave();
  channel.close();
});
