import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useEffect, useRef, useState } from "react";
import { myAccount } from "../../api/account";
import { api, need, Problem, type Schemas } from "../../api/client";
import { findDraft, listDrafts, shownOf } from "./session/drafts";
import * as outbox from "./session/outbox";
import { notePace, paceOf } from "./session/pace";
import { attend, type Presence } from "./session/presence";
import type { Case, Opened, Stamp } from "./session/types";
import { useLease } from "./useLease";

/** Who else is at the case: another tab that came first or later, a reader who has it now, a read since the draft; or
 * why nothing can be decided on it: the audit was closed, its read is final. */
export type Company = "nobody" | "cameLater" | "elsewhere" | "lost" | "older" | Final;
export type Saving = "none" | "saving" | outbox.Sent["state"] | Final;
/** Why nothing can be decided on a case any more. */
type Final = NonNullable<Case["why"]>;
type Target = number | "next";

const AGAIN = 4_000;

/** The case at hand: claimed, kept by a heartbeat, and its read brought to the server before another is claimed. */
export function useCase(auditId: number, asked: number | null) {
  const navigate = useNavigate();
  const [opened, setOpened] = useState<Opened | null>(null);
  const [finished, setFinished] = useState(false);
  const [problem, setProblem] = useState<Error | null>(null);
  const [refusal, setRefusal] = useState<Problem | null>(null);
  const [saving, setSaving] = useState<Saving>("none");
  const [company, setCompany] = useState<Company>("nobody");
  const [beside, setBeside] = useState<number | null>(null);
  const [signedOut, setSignedOut] = useState(false);
  const [locked, setLocked] = useState(false);
  const wanted = useRef<Target | null>(asked);
  const started = useRef(0);
  const busy = useRef(false);
  const shown = useRef<number | null>(null);
  const presence = useRef<Presence | null>(null);
  const late = useRef<number | null>(null);
  const me = useQuery(myAccount);
  const reader = me.data?.id;
  const told = opened?.told ?? null;
  const lease = useLease(told, {
    lost: () => setCompany("lost"),
    closed: () => setCompany("audit-closed"),
    signedOut: () => setSignedOut(true),
  });

  const fail = useCallback((error: Error): void => {
    if (error instanceof Problem && error.status === 401) setSignedOut(true);
    else setProblem(error);
  }, []);

  /** Send what waits; false while something still does: then nothing may be claimed, or it would come too late. */
  const deliver = useCallback(async (): Promise<boolean> => {
    for (const [caseId, sent] of reader === undefined ? [] : await outbox.flush(reader)) {
      setSaving(wordOf(sent));
      late.current = isBeside(sent) ? caseId : null;
      if (sent.state === "refused") {
        setRefusal(sent.problem);
        wanted.current = caseId;
        return shown.current !== caseId; // its film, with the strokes, stays or comes back
      }
      if (sent.state === "waiting") {
        if (sent.signedOut) setSignedOut(true);
        return false;
      }
      if (sent.newer)
        wanted.current = caseId; // what was drawn meanwhile goes on where it is
      else if (wanted.current === caseId) wanted.current = "next";
    }
    return true;
  }, [reader]);

  const open = useCallback(
    async (target: Target): Promise<void> => {
      wanted.current = target;
      if (reader === undefined) return;
      setRefusal(null);
      setSaving((now) => (now === "refused" ? "none" : now));
      try {
        if (!(await deliver())) return;
        const next = await claim(auditId, wanted.current);
        presence.current?.leave();
        setCompany("nobody");
        presence.current = next && attend(reader, next.id, (first) => setCompany(first ? "elsewhere" : "cameLater"));
        const living = async () => (await presence.current?.living()) ?? new Set<string>();
        const draft = next && (await findDraft({ reader, ...placeOf(next) }, living));
        shown.current = next?.id ?? null;
        setProblem(null);
        setFinished(!next);
        setBeside(late.current); // not before: two cases would be opened at once
        setOpened(next && { told: next, reader, draft, version: draft?.version ?? next.version });
        if (next?.why) setCompany(next.why);
        else if (next && draft && draft.version !== next.version) setCompany("older");
        setSaving((now) => (now === "waiting" || now === "saving" ? "none" : now));
        started.current = Date.now() - (draft?.seconds ?? 0) * 1000;
        if (next) {
          wanted.current = next.id;
          void navigate({ to: ".", search: { case: next.id }, replace: true });
        }
      } catch (error) {
        fail(error as Error);
      }
    },
    [auditId, reader, deliver, fail, navigate],
  );

  /** What leads to another case, one at a time: until it is answered a second one is not begun. Null: it was not. */
  const alone = useCallback((work: () => Promise<void>): Promise<void> | null => {
    if (busy.current) return null;
    busy.current = true;
    setLocked(true);
    return work().finally(() => {
      busy.current = false;
      setLocked(false);
    });
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the address names the first case; later ones we choose
  useEffect(() => {
    if (reader === undefined) return;
    void resume(reader, auditId, wanted.current).then(open);
    return () => presence.current?.leave();
  }, [reader]);

  useEffect(() => {
    if (saving !== "waiting" || signedOut) return;
    const again = (): void => void alone(() => open(wanted.current ?? "next"));
    const timer = setInterval(again, AGAIN);
    addEventListener("online", again);
    return () => {
      clearInterval(timer);
      removeEventListener("online", again);
    };
  }, [saving, signedOut, open, alone]);

  const seconds = useCallback((): number => (Date.now() - started.current) / 1000, []);
  const noteSignOut = useCallback((): void => setSignedOut(true), []);

  /** Save the read and go on; a second press while it is under way does nothing, and is told so. */
  const submit = useCallback(
    (verdicts: Schemas["VerdictIn"][], keep: Promise<Stamp | null>): Promise<void> | null => {
      if (!opened || busy.current) return null;
      setSaving("saving");
      const { told, version, reader } = opened;
      const body = { image_sha256: told.image.sha256, fence: told.fence, seconds: seconds(), verdicts };
      notePace(reader, told.audit_id, body.seconds);
      const send = async (draft: Stamp | null): Promise<void> => {
        outbox.put({ reader, caseId: told.id, version, body, draft });
        await open(told.blind ? told.id : "next"); // a film that was drawn blind shows its masks now
      };
      return alone(() => keep.then(send));
    },
    [opened, open, seconds, alone],
  );

  /** Hand the case back unread, so that another reader may have it at once. */
  const release = useCallback(async (): Promise<void> => {
    if (!told || told.why) return; // it was not ours
    const body = { fence: told.fence };
    await need(api.POST("/api/v1/cases/{case_id}/release", { params: { path: { case_id: told.id } }, body })).catch(
      () => undefined, // its lease ends by itself
    );
  }, [told]);

  // Who reads must be known first: a read is sent under a name.
  const retry = (): Promise<unknown> | null =>
    reader === undefined ? me.refetch() : alone(() => open(wanted.current ?? "next"));

  /** Somebody signed in, here or in another tab: what waits is sent, the film stays unless another is wanted. */
  const signedIn = async (): Promise<void> => {
    const { data } = await me.refetch();
    if (!data) return;
    setSignedOut(false);
    const same = told && data.id === opened?.reader && wanted.current === told.id && !outbox.waiting(data.id).length;
    if (same) await lease.beat();
    else if (data.id === reader) await alone(() => open(wanted.current ?? "next"));
  };

  const unknown = me.error instanceof Problem && me.error.status === 401;
  return {
    opened,
    finished,
    problem: problem ?? (unknown ? null : me.error),
    refusal,
    dismiss: () => setRefusal(null),
    saving,
    beside, // the case of a save that was kept beside and may be looked at
    company,
    lease: lease.left,
    signedOut: signedOut || unknown,
    signedIn,
    noteSignOut,
    seconds,
    pace: reader === undefined ? null : paceOf(reader, auditId),
    open,
    locked, // something that leads to another case is under way
    alone,
    submit,
    release,
    retry,
  };
}

/** Where the reader comes back to: the case that the address names, else the one with work that is not saved. */
async function resume(reader: number, auditId: number, wanted: Target | null): Promise<Target> {
  if (wanted !== null) return wanted;
  const left = (await listDrafts(reader)).find((draft) => draft.auditId === auditId);
  return left?.caseId ?? "next";
}

function wordOf(sent: outbox.Sent): Saving {
  return sent.state === "sibling" && sent.why ? sent.why : sent.state;
}

function isBeside(sent: outbox.Sent): boolean {
  return sent.state === "sibling" && sent.look;
}

function placeOf({ id, audit_id, image, findings }: Case) {
  return { auditId: audit_id, caseId: id, sha256: image.sha256, shown: shownOf({ findings }) };
}

async function claim(auditId: number, target: Target): Promise<Case | null> {
  if (target === "next") {
    return (
      (await need(api.POST("/api/v1/audits/{audit_id}/claim", { params: { path: { audit_id: auditId } } }))) ?? null
    );
  }
  return need(api.POST("/api/v1/cases/{case_id}/claim", { params: { path: { case_id: target } } }));
}
