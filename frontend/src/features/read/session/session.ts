/**
 * The read page's session: what is at hand, what may happen, what is then to be done. Events come in, the next state and
 * effects go out: no React, no network, no store, no clock. One errand is under way at a time, and only its answer counts.
 */

import { Problem, type Schemas } from "../../../api/client";
import type { Case, Company, Draft, Keeping, Letter, Opened, Saving, Sent, Verdicts } from "./types";

export type Target = number | "next";

export interface Session {
  auditId: number;
  reader: number | null; // until it is known who is signed in, nothing is begun
  wanted: Target | null; // the case that is to be at hand
  opened: Opened | null;
  finished: boolean; // nothing is left to read
  problem: Error | null; // why the case that is wanted could not be opened
  refusal: Problem | null; // why a read was not taken
  saving: Saving;
  keeping: Keeping;
  company: Company;
  late: number | null; // the case of a save that was kept beside
  beside: number | null; // the same, to be looked at: not before another case is open, or two would be opened at once
  lease: number | null; // seconds, once it is about to end
  signedOut: boolean;
  peeking: number | null; // the case that is looked at while the read of the one at hand is on its way
  left: string | null; // the film that was left with work on it
  busy: boolean; // an errand is under way: no other is begun
  turn: number; // of the last errand
}

/** What takes a while and leads to another case. */
export type Errand =
  | { does: "findWork"; reader: number; auditId: number }
  | { does: "post"; letter: Omit<Letter, "key">; given: Verdicts; auditId: number }
  | { does: "deliver"; reader: number }
  | { does: "claim"; auditId: number; target: Target }
  | { does: "recall"; reader: number; told: Case }
  | { does: "putDown"; opened: Opened | null }
  | { does: "walk"; opened: Opened; by: 1 | -1 };

export type Effect =
  | (Errand & { turn: number })
  | { does: "attend"; reader: number; caseId: number | null } // be known at this case to the browser's other pages
  | { does: "hold"; opened: Opened | null } // keep its lease, show its address
  | { does: "beat" }; // of the lease, at once

/** What an errand came to. */
export type Answer =
  | { type: "workFound"; target: Target }
  | { type: "posted" }
  | { type: "delivered"; sent: [caseId: number, sent: Sent][] }
  | { type: "claimed"; told: Case | null }
  | { type: "recalled"; told: Case; draft: Draft | null; at: number }
  | { type: "isDown" }
  | { type: "walked"; target: Target; left: string | null }
  | { type: "failed"; error: Error };

export type Event =
  | (Answer & { turn: number })
  | { type: "reader"; reader: number } // who is signed in here
  | { type: "submit"; read: Schemas["VerdictIn"][]; given: Verdicts; seconds: number; ahead: number | null }
  | { type: "walk"; by: 1 | -1 }
  | { type: "lookBeside" }
  | { type: "again" }
  | { type: "signedIn"; reader: number; waiting: boolean } // waiting: a read of theirs is not with the server
  | { type: "signedOut" }
  | { type: "met"; first: boolean } // another page is at this case
  | { type: "leaseEnds"; told: Case; seconds: number | null }
  | { type: "leaseOver"; told: Case; company: Company }
  | { type: "keeping"; keeping: Keeping }
  | { type: "worked" } // something is on the film that the server has not
  | { type: "dismiss" };

type Next = [Session, Effect[]];
type Handlers = { [K in Event["type"]]: (session: Session, event: Extract<Event, { type: K }>) => Next };

/** A session before anybody is known; ``asked``: the case that the address names. */
export function begin(auditId: number, asked: number | null): Session {
  return {
    auditId,
    reader: null,
    wanted: asked,
    opened: null,
    finished: false,
    problem: null,
    refusal: null,
    saving: "none",
    keeping: "nothing",
    company: "nobody",
    late: null,
    beside: null,
    lease: null,
    signedOut: false,
    peeking: null,
    left: null,
    busy: false,
    turn: 0,
  };
}

/** What comes of an event. The same session comes back where nothing does. */
export function step<E extends Event>(session: Session, event: E): Next {
  if ("turn" in event && !(session.busy && event.turn === session.turn)) return [session, []];
  const handle = HANDLERS[event.type] as (session: Session, event: E) => Next;
  return handle(session, event);
}

const HANDLERS: Handlers = {
  reader(session, { reader }) {
    if (session.reader === reader) return [session, []];
    const known = { ...session, reader };
    if (known.wanted !== null) return goTo(known, known.wanted);
    return send(known, { does: "findWork", reader, auditId: session.auditId });
  },
  workFound: (session, { target }) => goTo(session, target),
  submit(session, { read, given, seconds, ahead }) {
    const { opened, auditId } = session;
    if (!opened || session.busy) return [session, []];
    const { told, version, reader } = opened;
    const body = { image_sha256: told.image.sha256, fence: told.fence, seconds, verdicts: read };
    const letter = { reader, caseId: told.id, version, body };
    const peeking = told.blind ? null : ahead; // drawn blind, the same film comes again
    return send({ ...session, saving: "saving", left: null, peeking }, { does: "post", letter, given, auditId });
  },
  posted: (session) => goTo(session, session.opened?.told.blind ? session.opened.told.id : "next"),
  delivered,
  claimed,
  recalled,
  walk(session, { by }) {
    const { opened } = session;
    return opened && !session.busy ? send(session, { does: "walk", opened, by }) : [session, []];
  },
  walked: (session, { target, left }) => goTo({ ...session, left }, target),
  lookBeside(session) {
    const { opened, beside } = session;
    return beside !== null && !session.busy ? send(session, { does: "putDown", opened }) : [session, []];
  },
  isDown: (session) => goTo(session, session.beside ?? "next"),
  again,
  signedIn(session, { reader, waiting }) {
    const back = { ...session, signedOut: false };
    if (reader !== session.reader) return [back, []]; // another: who it is is told too
    const here = session.opened?.reader === reader && session.wanted === session.opened.told.id;
    return here && !waiting ? [back, [{ does: "beat" }]] : again(back);
  },
  signedOut: (session) => [{ ...session, signedOut: true }, []],
  met: (session, { first }) => [{ ...session, company: first ? "elsewhere" : "cameLater" }, []],
  leaseEnds: (session, { told, seconds }) =>
    session.opened?.told === told && session.lease !== seconds ? [{ ...session, lease: seconds }, []] : [session, []],
  leaseOver: (session, { told, company }) =>
    session.opened?.told === told ? [{ ...session, company }, []] : [session, []],
  keeping: (session, { keeping }) => [{ ...session, keeping }, []],
  worked: (session) => [{ ...session, left: null }, []],
  dismiss: (session) => [{ ...session, refusal: null }, []],
  failed(session, { error }) {
    const now = rest(session);
    const signedOut = error instanceof Problem && error.status === 401;
    return [signedOut ? { ...now, signedOut } : { ...now, problem: error }, []];
  },
};

/** What waits was sent. While something still does nothing is claimed: its read would come too late. */
function delivered(session: Session, { sent }: { sent: [number, Sent][] }): Next {
  const next = sent.reduce(hear, session);
  const refused = sent.find(([, one]) => one.state === "refused")?.[0];
  if (sent.some(([, one]) => one.state === "waiting")) {
    // The film of one that was refused is opened once the rest is sent: its letter will not be heard of again.
    return [{ ...rest(next), saving: "waiting", wanted: refused ?? next.wanted }, []];
  }
  if (refused === undefined) return claim(next);
  const back: Session = { ...next, saving: "refused", wanted: refused };
  return session.opened?.told.id === refused ? [rest(back), []] : claim(back); // its film, with the strokes, is there
}

/** What one letter came to. */
function hear(session: Session, [caseId, sent]: [number, Sent]): Session {
  const next: Session = { ...session, saving: wordOf(sent), late: isBeside(sent) ? caseId : null };
  if (sent.state === "refused") return { ...next, refusal: sent.problem };
  if (sent.state === "waiting") return sent.signedOut ? { ...next, signedOut: true } : next;
  if (sent.newer) return { ...next, wanted: caseId }; // what was drawn meanwhile goes on where it is
  const { opened } = session;
  const unveiled = sent.state === "saved" && opened?.told.blind && opened.told.id === caseId; // its masks are shown now
  return session.wanted === caseId && !unveiled ? { ...next, wanted: "next" } : next;
}

function claimed(session: Session, { told }: { told: Case | null }): Next {
  const reader = session.reader!;
  const next: Session = { ...session, company: "nobody", problem: null };
  if (told) {
    const [after, effects] = send(next, { does: "recall", reader, told });
    return [after, [{ does: "attend", reader, caseId: told.id }, ...effects]];
  }
  const none = rest({ ...arrive(next), opened: null, finished: true });
  return [
    none,
    [
      { does: "attend", reader, caseId: null },
      { does: "hold", opened: null },
    ],
  ];
}

/** The case, with what was done on it before, is there. */
function recalled(session: Session, { told, draft, at }: { told: Case; draft: Draft | null; at: number }): Next {
  const version = draft?.version ?? told.version;
  const since = at - (draft?.seconds ?? 0) * 1000;
  const opened: Opened = { told, reader: session.reader!, draft, version, since };
  const company = told.why ?? (version === told.version ? session.company : "older");
  const next = { ...arrive(session), opened, company, finished: false, wanted: told.id };
  return [rest(next), [{ does: "hold", opened }]];
}

/** Another case, or none, is at hand. */
function arrive(session: Session): Session {
  const under = session.saving === "waiting" || session.saving === "saving";
  const saving = under ? "none" : session.saving;
  return { ...session, beside: session.late, lease: null, keeping: "nothing", saving };
}

/** Once more what is wanted, unless something is under way. Why a read was not taken stays told while another waits. */
function again(session: Session): Next {
  if (session.busy) return [session, []];
  const [next, effects] = goTo(session, session.wanted ?? "next");
  return [{ ...next, refusal: session.saving === "waiting" ? session.refusal : next.refusal }, effects];
}

/** Come to a case: first all that waits is sent. */
function goTo(session: Session, target: Target): Next {
  const wanted = { ...session, wanted: target };
  if (session.reader === null) return [wanted, []];
  const saving = session.saving === "refused" ? "none" : session.saving;
  return send({ ...wanted, refusal: null, saving }, { does: "deliver", reader: session.reader });
}

function claim(session: Session): Next {
  return send(session, { does: "claim", auditId: session.auditId, target: session.wanted ?? "next" });
}

/** Begin an errand; what was under way before it is not waited for any more. */
function send(session: Session, errand: Errand): Next {
  const turn = session.turn + 1;
  return [{ ...session, busy: true, turn }, [{ ...errand, turn }]];
}

function rest(session: Session): Session {
  return { ...session, busy: false, peeking: null };
}

function wordOf(sent: Sent): Saving {
  return sent.state === "sibling" && sent.why ? sent.why : sent.state;
}

function isBeside(sent: Sent): boolean {
  return sent.state === "sibling" && sent.look;
}
