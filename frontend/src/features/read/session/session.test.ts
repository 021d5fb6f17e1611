import { expect, test } from "vitest";
import { Problem } from "../../../api/client";
import { type Answer, begin, type Effect, type Event, type Session, step } from "./session";
import { caseOf, draftOf } from "./testing";
import type { Case, Sent } from "./types";

const SAVED: Sent = { state: "saved", newer: false };
const LATE: Sent = { state: "sibling", newer: false, look: true, why: null };
const REFUSED: Sent = { state: "refused", problem: new Problem("urn:overread:invalid", "No", 422, "other pixels") };
const WAITING: Sent = { state: "waiting", signedOut: false };
const PRESS: Event = { type: "submit", read: [], given: {}, seconds: 9, ahead: null };

/** A session that hears one event after another; ``did`` are the effects of the last. */
class Told {
  did: Effect[] = [];

  constructor(public now: Session = begin(3, null)) {}

  tell(event: Event): this {
    [this.now, this.did] = step(this.now, event);
    return this;
  }

  answer(answer: Answer): this {
    return this.tell({ ...answer, turn: this.now.turn });
  }

  /** From what was sent to the case that is then at hand. */
  arrive(told: Case): this {
    return this.answer({ type: "claimed", told }).answer({ type: "recalled", told, draft: null, at: 50_000 });
  }

  get does(): string[] {
    return this.did.map((effect) => effect.does);
  }
}

/** Ada, with case 7 at hand. */
function reading(told = caseOf(7)): Told {
  const begun = new Told(begin(3, 7)).tell({ type: "reader", reader: 1 });
  return begun.answer({ type: "delivered", sent: [] }).arrive(told);
}

test("nothing is begun before it is known who reads", () => {
  const told = new Told(begin(3, 7));
  const early: Event[] = [{ type: "again" }, PRESS, { type: "walk", by: 1 }, { type: "lookBeside" }];
  for (const event of early) {
    expect(told.tell(event).did).toEqual([]);
    expect(told.now.busy).toBe(false);
  }
  told.tell({ type: "reader", reader: 1 });
  expect(told.did).toEqual([{ does: "deliver", reader: 1, turn: 1 }]);
  expect(told.tell({ type: "reader", reader: 1 }).did).toEqual([]); // known already
});

test("the case of the address comes first, else the one with work that was left, else the next", () => {
  expect(reading().now.opened?.told.id).toBe(7);
  const left = new Told().tell({ type: "reader", reader: 1 });
  expect(left.did).toEqual([{ does: "findWork", reader: 1, auditId: 3, turn: 1 }]);
  left.answer({ type: "workFound", target: 9 }).answer({ type: "delivered", sent: [] });
  expect(left.did).toMatchObject([{ does: "claim", auditId: 3, target: 9 }]);
});

test("a case is attended before its draft is looked for, and held once it is open", () => {
  const told = new Told(begin(3, 7)).tell({ type: "reader", reader: 1 }).answer({ type: "delivered", sent: [] });
  expect(told.answer({ type: "claimed", told: caseOf(7) }).does).toEqual(["attend", "recall"]);
  expect(told.now.opened).toBeNull();
  told.answer({ type: "recalled", told: caseOf(7), draft: draftOf({ seconds: 20, version: 0 }), at: 50_000 });
  expect(told.does).toEqual(["hold"]);
  expect(told.now.opened).toMatchObject({ reader: 1, version: 0, since: 30_000 });
  expect(told.now.busy).toBe(false);
});

test("a read is kept, sent, and only then another case is claimed; a second press meanwhile does nothing", () => {
  const told = reading().tell(PRESS);
  const letter = { reader: 1, caseId: 7, version: 0, body: { image_sha256: "a", fence: 1, seconds: 9, verdicts: [] } };
  expect(told.did).toEqual([{ does: "post", letter, given: {}, auditId: 3, turn: told.now.turn }]);
  expect(told.now.saving).toBe("saving");
  const { now } = told;
  expect(told.tell(PRESS).did).toEqual([]);
  expect(told.now).toBe(now);
  expect(told.answer({ type: "posted" }).does).toEqual(["deliver"]);
  expect(told.answer({ type: "delivered", sent: [[7, SAVED]] }).did).toMatchObject([{ does: "claim", target: "next" }]);
  expect(told.now.opened?.told.id).toBe(7); // until the next one is there
  told.arrive(caseOf(8));
  expect(told.now).toMatchObject({ opened: { told: { id: 8 } }, saving: "saved", wanted: 8 });
});

test("while a read waits nothing is claimed; it is sent again, then the next case comes", () => {
  const told = reading().tell(PRESS).answer({ type: "posted" });
  expect(told.answer({ type: "delivered", sent: [[7, WAITING]] }).did).toEqual([]);
  expect(told.now).toMatchObject({ saving: "waiting", busy: false, opened: { told: { id: 7 } } });
  expect(told.tell({ type: "again" }).does).toEqual(["deliver"]);
  told.answer({ type: "delivered", sent: [[7, SAVED]] });
  expect(told.did).toMatchObject([{ does: "claim", target: "next" }]);
});

test("what one letter came to does not hide that another waits", () => {
  const told = reading().tell(PRESS).answer({ type: "posted" });
  const sent: [number, Sent][] = [
    [9, REFUSED],
    [7, WAITING],
    [5, SAVED],
  ];
  expect(told.answer({ type: "delivered", sent }).did).toEqual([]);
  const refusal = REFUSED.state === "refused" && REFUSED.problem;
  expect(told.now).toMatchObject({ saving: "waiting", refusal });
  told.tell({ type: "again" }).answer({ type: "delivered", sent: [[7, SAVED]] });
  expect(told.did).toMatchObject([{ does: "claim", target: 9 }]); // the refused one's letter is gone: its film comes back
  expect(told.now).toMatchObject({ refusal });
});

test("a refused read stays on its film; refused from afar, its film is opened again", () => {
  const here = reading()
    .tell(PRESS)
    .answer({ type: "posted" })
    .answer({ type: "delivered", sent: [[7, REFUSED]] });
  expect(here.did).toEqual([]);
  expect(here.now).toMatchObject({ saving: "refused", busy: false, opened: { told: { id: 7 } }, wanted: 7 });
  expect(here.tell({ type: "dismiss" }).now.refusal).toBeNull();
  const afar = new Told(begin(3, 8)).tell({ type: "reader", reader: 1 });
  afar.answer({ type: "delivered", sent: [[7, REFUSED]] });
  expect(afar.did).toMatchObject([{ does: "claim", target: 7 }]);
  afar.arrive(caseOf(7));
  expect(afar.now).toMatchObject({ saving: "refused", wanted: 7 });
  expect(afar.now.refusal).not.toBeNull();
  expect(afar.tell(PRESS).answer({ type: "posted" }).now.refusal).toBeNull(); // on its way again
});

test("a late save is offered to be looked at once another case is open, not before", () => {
  const told = reading()
    .tell(PRESS)
    .answer({ type: "posted" })
    .answer({ type: "delivered", sent: [[7, LATE]] });
  expect(told.now).toMatchObject({ saving: "sibling", beside: null });
  expect(told.tell({ type: "lookBeside" }).did).toEqual([]);
  expect(told.arrive(caseOf(8)).now.beside).toBe(7);
  expect(told.tell({ type: "lookBeside" }).does).toEqual(["putDown"]);
  told.answer({ type: "isDown" }).answer({ type: "delivered", sent: [] });
  expect(told.did).toMatchObject([{ does: "claim", target: 7 }]);
});

test("a save into what is closed says why", () => {
  const sent: Sent = { ...LATE, why: "audit-closed" };
  const told = reading()
    .tell(PRESS)
    .answer({ type: "posted" })
    .answer({ type: "delivered", sent: [[7, sent]] });
  expect(told.now.saving).toBe("audit-closed");
});

test("what was drawn after the press goes on where it is", () => {
  const told = reading().tell(PRESS).answer({ type: "posted" });
  told.answer({ type: "delivered", sent: [[7, { state: "saved", newer: true }]] });
  expect(told.did).toMatchObject([{ does: "claim", target: 7 }]);
});

test("a film that was drawn blind comes again with its masks; kept beside, it does not", () => {
  const blind = (): Told =>
    reading(caseOf(7, { blind: true }))
      .tell(PRESS)
      .answer({ type: "posted" });
  expect(blind().answer({ type: "delivered", sent: [[7, SAVED]] }).did).toMatchObject([{ does: "claim", target: 7 }]);
  expect(blind().answer({ type: "delivered", sent: [[7, LATE]] }).did).toMatchObject([{ target: "next" }]);
});

test("the next film is looked at from the press to the answer, and never on a film that is read blind", () => {
  const press: Event = { ...PRESS, ahead: 8 };
  const told = reading().tell(press);
  expect(told.now.peeking).toBe(8);
  told.answer({ type: "posted" }).answer({ type: "delivered", sent: [[7, SAVED]] });
  expect(told.now.peeking).toBe(8);
  expect(told.arrive(caseOf(9)).now.peeking).toBeNull(); // it went to another reader
  for (const sent of [WAITING, REFUSED]) {
    const back = reading().tell(press).answer({ type: "posted" });
    expect(back.answer({ type: "delivered", sent: [[7, sent]] }).now.peeking).toBeNull();
  }
  expect(reading(caseOf(7, { blind: true })).tell(press).now.peeking).toBeNull();
});

test("another tab, a read since the draft and a closed audit are told", () => {
  const told = reading();
  expect(told.tell({ type: "met", first: false }).now.company).toBe("cameLater");
  expect(told.tell({ type: "met", first: true }).now.company).toBe("elsewhere");
  const older = new Told(begin(3, 7)).tell({ type: "reader", reader: 1 }).answer({ type: "delivered", sent: [] });
  older.answer({ type: "claimed", told: caseOf(7, { version: 2 }) }).tell({ type: "met", first: false });
  older.answer({ type: "recalled", told: caseOf(7, { version: 2 }), draft: draftOf({ version: 1 }), at: 0 });
  expect(older.now).toMatchObject({ company: "older", opened: { version: 1 } });
  expect(reading(caseOf(7, { why: "read-final" })).now.company).toBe("read-final");
});

test("what is heard of another case's lease changes nothing", () => {
  const told = reading();
  const mine = told.now.opened!.told;
  const { now } = told;
  told.tell({ type: "leaseOver", told: caseOf(6), company: "lost" });
  told.tell({ type: "leaseEnds", told: caseOf(7), seconds: 10 }); // of an earlier opening
  expect(told.now).toBe(now);
  expect(told.tell({ type: "leaseEnds", told: mine, seconds: 60 }).now.lease).toBe(60);
  expect(told.tell({ type: "leaseOver", told: mine, company: "lost" }).now.company).toBe("lost");
});

test("signed in again, the film is kept, or what waits is sent; for another reader it is begun anew", () => {
  const told = reading().tell({ type: "signedOut" });
  expect(told.tell({ type: "signedIn", reader: 1, waiting: false }).did).toEqual([{ does: "beat" }]);
  expect(told.now.signedOut).toBe(false);
  expect(told.tell({ type: "signedIn", reader: 1, waiting: true }).does).toEqual(["deliver"]);
  const other = reading().tell({ type: "signedOut" }).tell({ type: "signedIn", reader: 2, waiting: true });
  expect(other.did).toEqual([]);
  expect(other.tell({ type: "reader", reader: 2 }).did).toMatchObject([{ does: "deliver", reader: 2 }]);
});

test("a case that cannot be opened says why, and is tried again; signed out is no problem of the case", () => {
  const told = reading().tell({ type: "walk", by: 1 });
  told.answer({ type: "walked", target: 8, left: "a.png" }).answer({ type: "delivered", sent: [] });
  told.answer({ type: "failed", error: new Problem("urn:overread:offline", "No", 0, "silent") });
  expect(told.now).toMatchObject({ busy: false, left: "a.png", opened: { told: { id: 7 } } });
  expect(told.now.problem).not.toBeNull();
  told.tell({ type: "again" }).answer({ type: "delivered", sent: [] });
  expect(told.did).toMatchObject([{ does: "claim", target: 8 }]);
  told.answer({ type: "failed", error: new Problem("urn:overread:signed-out", "No", 401, "who?") });
  expect(told.now.signedOut).toBe(true);
  told.tell({ type: "again" }).answer({ type: "delivered", sent: [] }).arrive(caseOf(8));
  expect(told.now).toMatchObject({ problem: null, wanted: 8 });
});

test("once all is read nothing is at hand", () => {
  const told = reading()
    .tell(PRESS)
    .answer({ type: "posted" })
    .answer({ type: "delivered", sent: [[7, SAVED]] });
  told.answer({ type: "claimed", told: null });
  expect(told.did).toEqual([
    { does: "attend", reader: 1, caseId: null },
    { does: "hold", opened: null },
  ]);
  expect(told.now).toMatchObject({ finished: true, opened: null, busy: false, saving: "saved" });
});

test("an answer that comes late, or twice, changes nothing", () => {
  const told = reading().tell(PRESS);
  const { turn } = told.now;
  told.tell({ type: "posted", turn });
  const { now } = told;
  expect(told.tell({ type: "posted", turn }).did).toEqual([]);
  expect(told.tell({ type: "claimed", told: caseOf(9), turn }).now).toBe(now);
  told.answer({ type: "delivered", sent: [[7, REFUSED]] });
  const resting = told.now;
  expect(told.answer({ type: "delivered", sent: [[7, SAVED]] }).now).toBe(resting); // nothing is under way
});
