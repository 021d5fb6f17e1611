import { useEffect } from "react";
import { api, need } from "../../api/client";
import type { Size } from "../../editor/view";
import { layAhead, letGo } from "./session/ahead";
import { listDrafts } from "./session/drafts";
import type { Opened } from "./session/types";

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
