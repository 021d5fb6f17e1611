/** Whether the server answers: what the last question to it came to. */

import { QueryCache } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { Problem } from "./client";

let silent = false;
const listeners = new Set<() => void>();

function tell(now: boolean): void {
  if (now === silent) return;
  silent = now;
  for (const listener of listeners) listener();
}

/** The cache of all that is fetched; it hears first when the server goes and comes back. */
export const cache = new QueryCache();

// At the first failure, not after the last try.
cache.subscribe((event) => {
  if (event.type !== "updated") return;
  if (event.action.type === "success") tell(false);
  if (event.action.type === "failed") tell(event.action.error instanceof Problem && event.action.error.status === 0);
});

export function useSilence(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => silent,
  );
}
