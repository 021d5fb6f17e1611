/**
 * Work on a film that the server has not acknowledged: in IndexedDB, written after each gesture. Where the browser's
 * store is full or shut it stays in this page's memory, and whoever asks is told.
 */

import { type DBSchema, type IDBPDatabase, type IDBPObjectStore, openDB } from "idb";
import { sha256 } from "../../../api/sha256";
import type { Draft, Place, Stamp } from "./types";

/** The hash of the masks that a case shows: work on others is another draft's. */
export function shownOf(told: { findings: { finding: string; shown: string | null }[] }): string {
  return sha256(told.findings.map(({ finding, shown }) => `${finding}:${shown}`).join());
}

export type Kept = { id: string; stored: boolean };

/** This page, from when it was loaded to when it is left. */
export const PAGE = newName();
const STORE = "drafts";

interface Shelves extends DBSchema {
  drafts: { key: string; value: Draft };
}
type Shelf = IDBPObjectStore<Shelves, ["drafts"], "drafts", "readwrite">;

const unstored = new Map<string, Draft>(); // what the store would not take
let opening: Promise<IDBPDatabase<Shelves>> | null = null;

/** Keep work in the place of this page's earlier one there, and of the draft that it went on from. */
export async function keep(draft: Omit<Draft, "id" | "page" | "at">, from: string | null): Promise<Kept> {
  const id = nameOf(draft);
  const whole: Draft = { ...draft, id, page: PAGE, at: Date.now() };
  const stored = await inStore(async (store) => {
    await store.put(whole);
    if (from && from !== id) await store.delete(from);
  }).then(
    () => true,
    () => false,
  );
  if (stored) unstored.delete(id);
  else unstored.set(id, whole);
  return { id, stored };
}

/** There is nothing to keep any more. */
export async function forget(id: string): Promise<void> {
  unstored.delete(id);
  await inStore((store) => store.delete(id)).catch(() => undefined);
}

/** This reader's drafts, newest first. */
export async function listDrafts(reader: number): Promise<Draft[]> {
  const stored = await inStore((store) => store.getAll()).catch(() => []);
  const drafts = [...unstored.values(), ...stored.filter(({ id }) => !unstored.has(id))];
  return drafts.filter((draft) => draft.reader === reader).sort((a, b) => b.at - a.at);
}

/** The newest draft on a film, unless a page that still lives is at it. */
export async function findDraft(
  { reader, ...of }: Omit<Place, "version">,
  living: () => Promise<ReadonlySet<string>>,
): Promise<Draft | null> {
  const names = ["auditId", "caseId", "sha256", "shown"] as const;
  const known = (await listDrafts(reader)).filter((draft) => names.every((name) => draft[name] === of[name]));
  const alive = known.some(({ page }) => page !== PAGE) ? await living() : new Set<string>();
  return known.find(({ page }) => page === PAGE || !alive.has(page)) ?? null;
}

/**
 * The server has this content: the draft is dropped. A newer one goes on from what the server has now (``version``).
 * Answers whether there is a newer one.
 */
export async function acknowledge({ id, stamp }: Stamp, version: number): Promise<boolean> {
  const held = unstored.get(id);
  if (held) {
    unstored.delete(id);
    if (held.stamp !== stamp) unstored.set(nameOf({ ...held, version }), { ...held, ...goOn(held, version) });
    return held.stamp !== stamp;
  }
  let newer = false;
  await inStore(async (store) => {
    const kept = await store.get(id);
    if (!kept) return;
    newer = kept.stamp !== stamp;
    await store.delete(id);
    if (newer) await store.put({ ...kept, ...goOn(kept, version) });
  }).catch(() => undefined);
  return newer;
}

function goOn(draft: Draft, version: number): Pick<Draft, "id" | "version"> {
  return { version, id: nameOf({ ...draft, version }, draft.page) };
}

function nameOf({ reader, auditId, caseId, version, sha256, shown }: Place, page = PAGE): string {
  return [reader, auditId, caseId, version, sha256, shown, page].join("/");
}

export function newName(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function database(): Promise<IDBPDatabase<Shelves>> {
  const shut = (): void => {
    opening = null; // the next gesture tries again
  };
  opening ??= openDB<Shelves>("overread", 1, {
    upgrade: (created) => void created.createObjectStore(STORE, { keyPath: "id" }),
    terminated: shut,
  });
  opening.catch(shut);
  return opening;
}

/** One transaction; what the work came to, once the store has it. */
async function inStore<T>(work: (store: Shelf) => Promise<T>): Promise<T> {
  // Strict: on the disk, not in its queue, before anybody is told that it is kept.
  const transaction = (await database()).transaction(STORE, "readwrite", { durability: "strict" });
  const [result] = await Promise.all([work(transaction.store), transaction.done]);
  return result;
}
