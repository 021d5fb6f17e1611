/** Reads that the server has not acknowledged yet. They survive reload, crash, sign-out and being offline. */

import { api, type Problem, problemOf, type Schemas } from "../../api/client";

export interface Letter {
  key: string; // the Idempotency-Key: sending again can never save twice
  caseId: number;
  version: number;
  body: Schemas["ReadIn"];
}

export type Sent = { state: "saved" | "sibling" } | { state: "refused"; problem: Problem } | { state: "waiting" };
const PREFIX = "overread-read-";

export function put(letter: Letter): void {
  localStorage.setItem(PREFIX + letter.key, JSON.stringify(letter));
}

export function waiting(): Letter[] {
  return Object.keys(localStorage)
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => JSON.parse(localStorage.getItem(name)!) as Letter);
}

/** Send one; it leaves the outbox once the server has it, or has said for good why not. */
export async function send(letter: Letter): Promise<Sent> {
  const answer = await api
    .POST("/api/v1/cases/{case_id}/reads", {
      params: {
        path: { case_id: letter.caseId },
        header: { "if-match": `"${letter.version}"`, "idempotency-key": letter.key },
      },
      body: letter.body,
    })
    .catch(() => null);
  if (!answer || answer.response.status >= 500 || answer.response.status === 401) return { state: "waiting" };
  localStorage.removeItem(PREFIX + letter.key);
  if (answer.response.ok) return { state: "saved" };
  if (answer.response.status === 412) return { state: "sibling" };
  return { state: "refused", problem: problemOf(answer.error, answer.response.status) };
}

/** Send all that waits; true when nothing is left. */
export async function flush(): Promise<boolean> {
  for (const letter of waiting()) if ((await send(letter)).state === "waiting") return false;
  return true;
}
