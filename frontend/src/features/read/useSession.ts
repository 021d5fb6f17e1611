import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState, useSyncExternalStore } from "react";
import { myAccount } from "../../api/account";
import { Problem } from "../../api/client";
import { waiting } from "./session/outbox";
import { paceOf } from "./session/pace";
import { Running } from "./session/running";

const AGAIN = 4_000; // ms

/** The reading session of this page, with who reads: what is at hand, and where to tell what happens. */
export function useSession(auditId: number, asked: number | null) {
  const navigate = useNavigate();
  const [running] = useState(() => {
    const show = (caseId: number): void => void navigate({ to: ".", search: { case: caseId }, replace: true });
    return new Running(auditId, asked, show);
  });
  const session = useSyncExternalStore(running.subscribe, running.now);
  const me = useQuery(myAccount);
  const reader = me.data?.id;
  useEffect(() => running.live(), [running]);
  useEffect(() => {
    if (reader !== undefined) running.tell({ type: "reader", reader });
  }, [running, reader]);
  useTries(running, session.saving === "waiting" && !session.signedOut);

  /** Somebody signed in, here or in another tab. */
  const signedIn = async (): Promise<void> => {
    const { data } = await me.refetch();
    if (data) running.tell({ type: "signedIn", reader: data.id, waiting: waiting(data.id).length > 0 });
  };
  const unknown = me.error instanceof Problem && me.error.status === 401;
  return {
    running,
    session,
    signedOut: session.signedOut || unknown,
    problem: session.problem ?? (unknown ? null : me.error),
    pace: reader === undefined ? null : paceOf(reader, auditId),
    signedIn,
    // Who reads must be known first: a read is sent under a name.
    retry: () => void (reader === undefined ? me.refetch() : running.tell({ type: "again" })),
  };
}

/** While a read waits it is sent now and again, and at once when the browser has a connection. */
function useTries(running: Running, waits: boolean): void {
  useEffect(() => {
    if (!waits) return;
    const again = (): void => void running.tell({ type: "again" });
    const timer = setInterval(again, AGAIN);
    addEventListener("online", again);
    return () => {
      clearInterval(timer);
      removeEventListener("online", again);
    };
  }, [running, waits]);
}
