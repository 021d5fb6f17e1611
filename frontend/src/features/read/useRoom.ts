import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, need, Problem } from "../../api/client";
import type { Editor } from "../../editor/editor";
import { type Peek, peekAhead } from "./session/ahead";
import type { Session } from "./session/session";
import type { Case, Opened, Verdicts } from "./session/types";
import { useDraft } from "./useDraft";
import { useEditor } from "./useEditor";
import { useJudging } from "./useJudging";
import { useLooking } from "./useLooking";
import { useNext } from "./useNext";
import { useSession } from "./useSession";

export type Room = ReturnType<typeof useRoom>;

/** All that stands in the reading room: the session, the film with its masks, what is said of it, what was looked at. */
export function useRoom(auditId: number, asked: number | null) {
  const [attempt, setAttempt] = useState(0);
  const reading = useSession(auditId, asked);
  const { running, session } = reading;
  const { opened, busy } = session;
  const told = opened?.told ?? null;
  const peek = peekOf(session);
  const sheet = useEditor(opened, attempt, peek);
  const { editor, state, error } = sheet;
  const judging = useJudging(opened, editor, state, busy);
  const { verdicts, remarks, changed } = judging;
  const looking = useLooking({ opened, editor, state, verdicts, peek, locked: busy });
  useDraft(running.pen, { opened, editor, state, verdicts, remarks }, changed, session.keeping);
  const whole = Boolean(state && (state.hasMaps || told?.blind));
  useNext(opened, whole, sheet.screen);
  useGhosts(editor, told, verdicts);
  const audit = useAudit(auditId, opened, whole || session.finished);
  useEffect(() => {
    if (changed) running.tell({ type: "worked" });
  }, [running, changed]);
  const noFilm = error instanceof Problem && error.status === 401;
  useEffect(() => {
    if (noFilm) running.tell({ type: "signedOut" });
  }, [running, noFilm]);
  const signedIn = async (): Promise<void> => {
    await reading.signedIn();
    if (error) setAttempt((n) => n + 1);
  };
  return { ...reading, ...sheet, auditId, opened, told, peek, judging, looking, audit, noFilm, signedIn };
}

/** The case that comes next, to be looked at while the read of the one at hand is on its way. */
function peekOf({ opened, peeking }: Session): Peek | null {
  const peek = opened && peeking !== null ? peekAhead(opened.reader, opened.told.id) : null;
  return peek?.told.id === peeking ? peek : null;
}

/** The masks of findings that are said not to be there step back. */
function useGhosts(editor: Editor | null, told: Case | null, verdicts: Verdicts): void {
  const rejected = (told?.findings ?? []).reduce(
    (bits, { finding }, i) => bits | (verdicts[finding] === "reject" ? 1 << i : 0),
    0,
  );
  useEffect(() => editor?.ghost(rejected), [editor, rejected]);
}

/** How far the audit is: asked once a case, and once all are read; the film comes first. */
function useAudit(auditId: number, opened: Opened | null, due: boolean) {
  const audit = useQuery({
    queryKey: ["audit", String(auditId)],
    queryFn: () => need(api.GET("/api/v1/audits/{audit_id}", { params: { path: { audit_id: auditId } } })),
    enabled: false,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: once a case, and once all are read
  useEffect(() => {
    if (due) void audit.refetch();
  }, [opened, due]);
  return audit.data;
}
