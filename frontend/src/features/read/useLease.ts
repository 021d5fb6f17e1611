import { useCallback, useEffect, useRef, useState } from "react";
import { api, need, type Problem } from "../../api/client";
import type { Case } from "./session/types";

const BEAT = 20_000;
const LOOK = 1_000;
const SOON = 120; // seconds: from here on the end is told

interface Listeners {
  lost: () => void;
  closed: () => void;
  signedOut: () => void;
}

/**
 * Keep the case at hand: a heartbeat while the page is seen, one more at once when the reader comes back or does
 * something after a gap. Answers with the seconds left when the lease is about to end, else null.
 */
export function useLease(told: Case | null, listeners: Listeners): { left: number | null; beat: () => Promise<void> } {
  const [left, setLeft] = useState<number | null>(null);
  const latest = useRef(listeners);
  latest.current = listeners;
  const clock = useRef({ until: 0, tried: 0, over: false });

  const beat = useCallback(async (): Promise<void> => {
    if (!told || told.why || clock.current.over) return; // what cannot be decided any more is nobody's to hold
    clock.current.tried = Date.now();
    const body = { fence: told.fence };
    try {
      const { lease_seconds } = await need(
        api.POST("/api/v1/cases/{case_id}/renew", { params: { path: { case_id: told.id } }, body }),
      );
      clock.current.until = Date.now() + lease_seconds * 1000;
    } catch (refusal) {
      const { status, type } = refusal as Problem;
      if (status === 412) {
        clock.current.over = true;
        latest.current.lost();
      } else if (type === "urn:overread:audit-closed") {
        clock.current.over = true;
        latest.current.closed();
      } else if (status === 401) latest.current.signedOut();
    }
  }, [told]);

  useEffect(() => {
    if (!told || told.why) return setLeft(null);
    clock.current = { until: Date.now() + told.lease_seconds * 1000, tried: Date.now(), over: false };
    const since = (): number => Date.now() - clock.current.tried;
    const look = (): void => {
      if (document.visibilityState === "visible" && since() >= BEAT) void beat();
      const seconds = Math.max(0, Math.round((clock.current.until - Date.now()) / 1000));
      setLeft(seconds < SOON && !clock.current.over ? seconds : null);
    };
    const back = (): void => {
      if (document.visibilityState === "visible" && since() >= LOOK) void beat();
    };
    const act = (): void => {
      if (clock.current.until - Date.now() < SOON * 1000 && since() >= LOOK * 5) void beat();
    };
    const timer = setInterval(look, LOOK);
    document.addEventListener("visibilitychange", back);
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, act);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", back);
      for (const kind of ["pointerdown", "keydown"]) removeEventListener(kind, act);
    };
  }, [told, beat]);

  return { left, beat };
}
