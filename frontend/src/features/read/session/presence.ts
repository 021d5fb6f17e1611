/** Pages of one browser that are on the same case hear of each other. */

import { PAGE } from "./drafts";

type Word = { page: string; reader: number; caseId: number; says: "opened" | "here" };

const ANSWERS = 150; // ms that another page has to answer in

export interface Presence {
  /** The pages that are on this case, this one apart. */
  living(): Promise<ReadonlySet<string>>;
  leave(): void;
}

/** Come to a case: pages that are there are told, and ``other`` hears of them, and of those that come later. */
export function attend(reader: number, caseId: number, other: (cameFirst: boolean) => void): Presence {
  const there = new Set<string>();
  if (!("BroadcastChannel" in globalThis)) return { living: async () => there, leave: () => undefined };
  const channel = new BroadcastChannel("overread-reading");
  const say = (says: Word["says"]): void => channel.postMessage({ page: PAGE, reader, caseId, says } satisfies Word);
  channel.onmessage = ({ data }: MessageEvent<Word>) => {
    if (data.reader !== reader || data.caseId !== caseId || data.page === PAGE) return;
    there.add(data.page);
    other(data.says === "opened");
    if (data.says === "opened") say("here");
  };
  say("opened");
  const answered = new Promise((resolve) => setTimeout(resolve, ANSWERS));
  return { living: () => answered.then(() => there), leave: () => channel.close() };
}
