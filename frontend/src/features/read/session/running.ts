/** A session at work: events in, its state out to whoever listens, its effects done on the server, the store, other tabs. */

import { api, need } from "../../../api/client";
import { attended } from "../../../components/attended";
import { findDraft, listDrafts, shownOf } from "./drafts";
import { Lease } from "./lease";
import * as outbox from "./outbox";
import { notePace } from "./pace";
import { Pen } from "./pen";
import { attend, type Presence } from "./presence";
import { type Answer, begin, type Effect, type Errand, type Event, type Session, step, type Target } from "./session";
import type { Case, Draft, Opened } from "./types";

type Of<D extends Errand["does"]> = Extract<Errand, { does: D }>;

export class Running {
  readonly pen = new Pen((keeping) => this.tell({ type: "keeping", keeping }));
  private session: Session;
  private presence: Presence | null = null;
  private lease: Lease | null = null;
  private alive = false;
  private readonly listeners = new Set<() => void>();

  /** ``show`` is told which case is at hand. */
  constructor(
    auditId: number,
    asked: number | null,
    private readonly show: (caseId: number) => void,
  ) {
    this.session = begin(auditId, asked);
  }

  readonly now = (): Session => this.session;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Work until the page is left: then the lease is kept no more, and no other tab hears of it. */
  live(): () => void {
    this.alive = true;
    return () => {
      this.alive = false;
      this.presence?.leave();
      this.lease?.end();
    };
  }

  /** Tell what happened; answers whether anything came of it. */
  tell(event: Event): boolean {
    if (!this.alive) return false;
    const before = this.session;
    const [session, effects] = step(before, event);
    this.session = session;
    for (const effect of effects) this.perform(effect);
    if (session !== before) for (const listener of this.listeners) listener();
    return session !== before;
  }

  /** Leave a film: what was done on it is kept here, and it stays ours for a while; else it is handed back unread. */
  async putDown(opened: Opened | null): Promise<void> {
    if (this.pen.changed) await this.pen.write();
    else if (opened && !opened.told.why) await release(opened.told);
  }

  private perform(effect: Effect): void {
    if ("turn" in effect) void this.run(effect, effect.turn);
    else if (effect.does === "attend") this.attend(effect);
    else if (effect.does === "hold") this.hold(effect.opened);
    else void this.lease?.beat();
  }

  private async run(errand: Errand, turn: number): Promise<void> {
    const answer = await this.answer(errand).catch((error: Error): Answer => ({ type: "failed", error }));
    this.tell({ ...answer, turn });
  }

  private async answer(errand: Errand): Promise<Answer> {
    switch (errand.does) {
      case "findWork":
        return { type: "workFound", target: await findWork(errand) };
      case "post":
        return this.post(errand);
      case "deliver":
        return { type: "delivered", sent: [...(await outbox.flush(errand.reader))] };
      case "claim":
        return { type: "claimed", told: await claim(errand) };
      case "recall":
        return { type: "recalled", told: errand.told, draft: await this.recall(errand), at: attended.now() };
      case "putDown":
        await this.putDown(errand.opened);
        return { type: "isDown" };
      case "walk":
        return this.walk(errand);
    }
  }

  private async post({ letter, given, auditId }: Of<"post">): Promise<Answer> {
    const draft = await this.pen.write(given).catch(() => null);
    outbox.put({ ...letter, draft });
    notePace(letter.reader, auditId, letter.body.seconds);
    return { type: "posted" };
  }

  private async recall({ reader, told }: Of<"recall">): Promise<Draft | null> {
    const { id, audit_id, image } = told;
    const place = { reader, auditId: audit_id, caseId: id, sha256: image.sha256, shown: shownOf(told) };
    return findDraft(place, async () => (await this.presence?.living()) ?? new Set());
  }

  /** Along the worklist, past films that others hold; films with work of ours on them are not others'. */
  private async walk({ opened, by }: Of<"walk">): Promise<Answer> {
    const { told, reader } = opened;
    const { changed } = this.pen;
    await this.putDown(opened);
    const path = { params: { path: { audit_id: told.audit_id } } };
    const rows = await need(api.GET("/api/v1/audits/{audit_id}/cases", path)).catch(() => []);
    const ours = new Set((await listDrafts(reader)).map(({ caseId }) => caseId));
    const along = by === 1 ? rows : [...rows].reverse();
    const to = along.find((row) => (!row.leased || ours.has(row.id)) && (row.position - told.position) * by > 0);
    return { type: "walked", target: to?.id ?? told.id, left: changed && to ? told.image.file_name : null };
  }

  private attend({ reader, caseId }: Extract<Effect, { does: "attend" }>): void {
    this.presence?.leave();
    const met = (first: boolean): void => void this.tell({ type: "met", first });
    this.presence = caseId === null ? null : attend(reader, caseId, met);
  }

  private hold(opened: Opened | null): void {
    this.lease?.end();
    this.lease = null;
    if (!opened) return;
    const { told } = opened;
    this.lease = new Lease(told, {
      ends: (seconds) => void this.tell({ type: "leaseEnds", told, seconds }),
      over: (company) => void this.tell({ type: "leaseOver", told, company }),
      signedOut: () => void this.tell({ type: "signedOut" }),
    });
    this.show(told.id);
  }
}

/** Where the reader comes back to: the case with work that is not saved. */
async function findWork({ reader, auditId }: Of<"findWork">): Promise<Target> {
  const left = (await listDrafts(reader)).find((draft) => draft.auditId === auditId);
  return left?.caseId ?? "next";
}

async function claim({ auditId, target }: Of<"claim">): Promise<Case | null> {
  if (target === "next") {
    const path = { params: { path: { audit_id: auditId } } };
    return need(api.POST("/api/v1/audits/{audit_id}/claim", path));
  }
  return need(api.POST("/api/v1/cases/{case_id}/claim", { params: { path: { case_id: target } } }));
}

/** Another reader may have it at once. */
async function release({ id, fence }: Case): Promise<void> {
  const path = { params: { path: { case_id: id } }, body: { fence } };
  await need(api.POST("/api/v1/cases/{case_id}/release", path)).catch(() => undefined); // its lease ends by itself
}
