import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useRef, useState } from "react";
import { api, need, Problem, type Schemas } from "../../api/client";
import * as outbox from "./outbox";

export type Case = Schemas["CaseOut"];
export type Verdict = Schemas["VerdictIn"]["verdict"];
export type Saving = "none" | "saving" | "elsewhere" | outbox.Sent["state"];
type Target = number | "next";

const BEAT = 20_000;
const AGAIN = 4_000;

/** The case at hand: claimed, kept by a heartbeat, and its read brought to the server before another is claimed. */
export function useCase(auditId: number, asked: number | null) {
  const navigate = useNavigate();
  const [told, setTold] = useState<Case | null>(null);
  const [finished, setFinished] = useState(false);
  const [problem, setProblem] = useState<Error | null>(null);
  const [saving, setSaving] = useState<Saving>("none");
  const wanted = useRef<Target>(asked ?? "next");
  const started = useRef(0);
  const busy = useRef(false);
  const me = useQuery({ queryKey: ["me"], queryFn: () => need(api.GET("/api/v1/me")) });
  const reader = me.data?.id;

  const fail = useCallback(
    (refusal: Error): void => {
      setProblem(refusal);
      if (refusal instanceof Problem && refusal.status === 401) {
        void navigate({ to: "/sign-in", search: { to: location.pathname + location.search } });
      }
    },
    [navigate],
  );

  /** Send what waits; false while something still does: then nothing may be claimed, or it would come too late. */
  const deliver = useCallback(async (): Promise<boolean> => {
    for (const [caseId, sent] of reader === undefined ? [] : await outbox.flush(reader)) {
      setSaving(sent.state);
      if (sent.state === "refused") throw sent.problem;
      if (sent.state === "waiting") {
        if (sent.signedOut) throw new Problem("urn:overread:signed-out", "Signed out", 401, "Sign in to go on.");
        return false;
      }
      if (wanted.current === caseId) wanted.current = "next";
    }
    return true;
  }, [reader]);

  const open = useCallback(
    async (target: Target): Promise<void> => {
      wanted.current = target;
      try {
        if (!(await deliver())) return;
        const next = await claim(auditId, wanted.current);
        setProblem(null);
        setFinished(!next);
        setTold(next);
        setSaving((now) => (now === "elsewhere" ? "none" : now));
        started.current = Date.now();
        if (next) {
          wanted.current = next.id;
          void navigate({ to: ".", search: { case: next.id }, replace: true });
        }
      } catch (refusal) {
        fail(refusal as Error);
      }
    },
    [auditId, deliver, fail, navigate],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: the address names the first case; later ones we choose
  useEffect(() => {
    if (reader !== undefined) void open(wanted.current);
  }, [reader]);

  useEffect(() => {
    if (saving !== "waiting") return;
    const again = (): void => void open(wanted.current);
    const timer = setInterval(again, AGAIN);
    addEventListener("online", again);
    return () => {
      clearInterval(timer);
      removeEventListener("online", again);
    };
  }, [saving, open]);

  useEffect(() => {
    if (!told) return;
    const body = { fence: told.fence };
    const beat = setInterval(() => {
      need(api.POST("/api/v1/cases/{case_id}/renew", { params: { path: { case_id: told.id } }, body })).catch(
        (refusal: Problem) => refusal.status === 412 && setSaving("elsewhere"),
      );
    }, BEAT);
    return () => clearInterval(beat);
  }, [told]);

  /** Save the read and go on; a second press while it is under way does nothing. */
  const submit = useCallback(
    async (verdicts: Schemas["VerdictIn"][]): Promise<void> => {
      if (!told || reader === undefined || busy.current) return;
      busy.current = true;
      setSaving("saving");
      const seconds = (Date.now() - started.current) / 1000;
      const body = { image_sha256: told.image.sha256, fence: told.fence, seconds, verdicts };
      outbox.put({ reader, caseId: told.id, version: told.version, body });
      await open("next");
      busy.current = false;
    },
    [told, reader, open],
  );

  /** Hand the case back unread, so that another reader may have it at once. */
  const release = useCallback(async (): Promise<void> => {
    if (!told) return;
    const body = { fence: told.fence };
    await need(api.POST("/api/v1/cases/{case_id}/release", { params: { path: { case_id: told.id } }, body })).catch(
      () => undefined, // its lease ends by itself
    );
  }, [told]);

  // Who reads must be known first: a read is sent under a name.
  const retry = (): Promise<unknown> => (reader === undefined ? me.refetch() : open(wanted.current));

  return {
    told,
    finished,
    problem: problem ?? me.error,
    saving,
    open,
    submit,
    release,
    retry,
  };
}

async function claim(auditId: number, target: Target): Promise<Case | null> {
  if (target === "next") {
    return (
      (await need(api.POST("/api/v1/audits/{audit_id}/claim", { params: { path: { audit_id: auditId } } }))) ?? null
    );
  }
  return need(api.POST("/api/v1/cases/{case_id}/claim", { params: { path: { case_id: target } } }));
}
