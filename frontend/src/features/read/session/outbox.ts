/** Reads that the server has not acknowledged yet. They survive reload, crash, sign-out and being offline. */

import { api, Problem, problemOf, type Schemas } from "../../../api/client";
import { newKey } from "../../../api/key";
import { sha256 } from "../../../api/sha256";
import { read as t } from "../../../texts/read";
import { acknowledge } from "./drafts";
import type { Letter, Sent } from "./types";

const PREFIX = "overread-read-";
const onTheWay = new Map<string, Promise<Sent>>();
const unstored = new Map<string, Letter>(); // when the browser's store is full or shut: sent all the same

/** Keep a letter; a newer read of the same case takes the place of one that still waits. */
export function put(draft: Omit<Letter, "key">): Letter {
  const older = waiting(draft.reader).find((letter) => letter.caseId === draft.caseId);
  const same = older && JSON.stringify(older.body.verdicts) === JSON.stringify(draft.body.verdicts);
  if (older && !same) drop(older);
  const letter = same ? { ...older, draft: draft.draft ?? null } : { ...draft, key: newKey() };
  try {
    localStorage.setItem(PREFIX + letter.key, JSON.stringify(letter));
  } catch {
    unstored.set(letter.key, letter);
  }
  return letter;
}

/** What this reader has not got through yet. */
export function waiting(reader: number): Letter[] {
  const stored = Object.keys(localStorage)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => JSON.parse(localStorage.getItem(name)!) as Letter);
  return [...stored, ...unstored.values()].filter((letter) => letter.reader === reader);
}

function drop(letter: Letter): void {
  localStorage.removeItem(PREFIX + letter.key);
  unstored.delete(letter.key);
}

/** Send one; it leaves the outbox once the server has it, or has said for good why not. */
export function send(letter: Letter): Promise<Sent> {
  const known = onTheWay.get(letter.key);
  if (known) return known;
  const sent = post(letter).finally(() => onTheWay.delete(letter.key));
  onTheWay.set(letter.key, sent);
  return sent;
}

/** Send all that waits; what became of each, by its case. */
export async function flush(reader: number): Promise<Map<number, Sent>> {
  const outcomes = new Map<number, Sent>();
  for (const letter of waiting(reader)) outcomes.set(letter.caseId, await send(letter));
  return outcomes;
}

async function post(letter: Letter): Promise<Sent> {
  const answer = await api
    .POST("/api/v1/cases/{case_id}/reads", {
      params: {
        path: { case_id: letter.caseId },
        header: { "if-match": `"${letter.version}"`, "idempotency-key": letter.key },
      },
      body: letter.body,
    })
    .catch(() => null);
  const status = answer?.response.status ?? 0;
  if (!answer || status >= 500 || [401, 408, 429].includes(status)) {
    return { state: "waiting", signedOut: status === 401 };
  }
  drop(letter);
  const stored = (answer.data ?? answer.error) as Schemas["ReadOut"];
  if (!answer.response.ok && !stored.sibling) return { state: "refused", problem: problemOf(answer.error, status) };
  if (!isStored(letter, stored)) {
    return { state: "refused", problem: new Problem("urn:overread:other-mask", t.otherMask, status, t.otherMaskWhy) };
  }
  const newer = letter.draft ? await acknowledge(letter.draft, stored.version) : false;
  if (!stored.sibling) return { state: "saved", newer };
  const why = stored.why ?? null;
  return { state: "sibling", newer, look: stored.done || why !== null, why };
}

/** Whether the server names every mask of the letter by its own hash: only then it is saved. */
function isStored({ body }: Letter, { masks }: Schemas["ReadOut"]): boolean {
  return body.verdicts.every(({ finding, mask }) => {
    if (!mask) return true;
    const { size, counts } = mask as { size: number[]; counts: string };
    return masks[finding] === sha256(`${size[0]}x${size[1]}:${counts}`);
  });
}
