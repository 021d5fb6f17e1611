import { useEffect, useState } from "react";
import { api, need } from "../../api/client";
import type { Size } from "../../editor/view";
import { layAhead, letGo, type Peek, peekAhead } from "./session/ahead";
import { listDrafts } from "./session/drafts";
import type { Opened } from "./session/types";

/**
 * A look at the case that comes next, while the read of the one at hand is on its way: its film is there at once, and can
 * be changed when it is claimed. If it cannot be, or the read is not taken, the case at hand is there again as it was.
 */
export function usePeek(opened: Opened | null): { peek: Peek | null; peekUntil: (gone: Promise<void>) => void } {
  const [kept, setKept] = useState<{ from: Opened; peek: Peek } | null>(null);
  const peekUntil = (gone: Promise<void>): void => {
    const peek = opened && !opened.told.blind ? peekAhead(opened.reader, opened.told.id) : null; // read blind, the same film comes again
    if (!opened || !peek) return;
    setKept({ from: opened, peek });
    void gone.finally(() => setKept(null));
  };
  return { peek: kept?.from === opened ? kept.peek : null, peekUntil };
}

/** With the film at hand whole, the case that comes next is laid out; no lease is taken for it. */
export function useNext(opened: Opened | null, whole: boolean, screen: () => Size): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: once a case; the size is that of the moment
  useEffect(() => {
    if (!opened || !whole) return;
    let gone = false;
    const { audit_id, id } = opened.told;
    const lay = async (): Promise<void> => {
      const next = { params: { path: { audit_id }, query: { beside: id } } };
      const told = await need(api.GET("/api/v1/audits/{audit_id}/next", next));
      // With work of ours on it, it comes as it was left, once it is claimed.
      const left = await listDrafts(opened.reader);
      if (told && !gone && !left.some(({ caseId }) => caseId === told.id)) layAhead(opened.reader, id, told, screen());
    };
    lay().catch(() => undefined); // it is fetched when it is asked for
    return () => {
      gone = true;
    };
  }, [opened, whole]);

  useEffect(() => letGo, []);
}
