import fc from "fast-check";
import { expect, test } from "vitest";
import { Problem } from "../../../api/client";
import { type Answer, begin, type Errand, type Event, type Session, step } from "./session";
import { caseOf, draftOf } from "./testing";
import type { Case, Letter, Sent } from "./types";

const CASES = 4;
const READERS = [1, 2];

type Weather = "fair" | "silent" | "unheard" | "signedOut" | "refuses";
type Move =
  | { act: "event"; event: Event }
  | { act: "press" }
  | { act: "answer"; which: number; weather: Weather }
  | { act: "echo" } // the last answer once more
  | { act: "other"; caseId: number }; // somebody else saves a read of a case

const OFFLINE = new Problem("urn:overread:offline", "No", 0, "silent");
const SIGNED_OUT = new Problem("urn:overread:signed-out", "No", 401, "who?");
const REFUSAL = new Problem("urn:overread:invalid", "No", 422, "other pixels");

/** A server, a browser's store and a hand at the keys, in which anything may come in any order. */
class World {
  session: Session = begin(1, null);
  readonly pending: (Errand & { turn: number })[] = [];
  readonly outbox: Letter[] = [];
  readonly stored = new Map<string, "counts" | "beside">(); // by key: the server knows a letter again
  readonly refused = new Set<string>();
  readonly replaced = new Set<string>(); // a newer read of the same case took the place of one that waited
  readonly versions = new Map<number, number>();
  readonly blind = new Set<number>([2]);
  pressed = 0; // presses that were taken
  posted = 0;
  private last: Event | null = null;

  play(move: Move): void {
    if (move.act === "event") this.hear(move.event);
    else if (move.act === "press") this.press();
    else if (move.act === "echo") this.echo();
    else if (move.act === "other") this.versions.set(move.caseId, this.versionOf(move.caseId) + 1);
    else if (this.pending.length) {
      const [errand] = this.pending.splice(move.which % this.pending.length, 1);
      this.hear({ ...this.answer(errand!, move.weather), turn: errand!.turn });
    }
  }

  /** Everything is answered, as if nothing had ever been wrong, until nothing is left to do. */
  settle(): void {
    this.answerAll();
    this.hear({ type: "signedIn", reader: this.session.reader!, waiting: this.waits() });
    for (let n = 0; n < 10; n++) {
      this.answerAll();
      if (!this.waits() && !this.session.problem) return;
      this.hear({ type: "again" });
    }
    throw new Error("it never comes to rest");
  }

  private answerAll(): void {
    while (this.pending.length) this.play({ act: "answer", which: 0, weather: "fair" });
  }

  waits(reader = this.session.reader): boolean {
    return this.outbox.some((letter) => letter.reader === reader);
  }

  private press(): void {
    const { session } = this;
    const ahead = session.opened ? (session.opened.told.id % CASES) + 1 : null;
    this.hear({ type: "submit", read: [], given: {}, seconds: 1, ahead });
    const taken = this.session !== session;
    expect(taken).toBe(session.opened !== null && !session.busy);
    if (taken) this.pressed += 1;
  }

  private echo(): void {
    const { session, pending } = this;
    const before = pending.length;
    if (!this.last) return;
    this.hear(this.last);
    expect(this.session).toBe(session);
    expect(pending.length).toBe(before);
  }

  private hear(event: Event): void {
    const before = this.session;
    const [session, effects] = step(before, event);
    this.session = session;
    const begun = effects.filter((effect) => "turn" in effect);
    if (before.busy && !("turn" in event) && event.type !== "reader") expect(begun).toEqual([]); // one thing at a time
    for (const effect of begun) this.note(effect);
    if ("turn" in event) this.last = event;
    const current = this.pending.filter((errand) => errand.turn === session.turn);
    expect(current.length).toBe(session.busy ? 1 : 0);
    if (session.opened !== before.opened) expect(["recalled", "claimed"]).toContain(event.type);
    if (session.peeking !== null) expect(session.busy && !session.opened?.told.blind).toBe(true);
  }

  private note(errand: Errand & { turn: number }): void {
    if (errand.does === "claim") expect(this.waits()).toBe(false); // a read that waits would come too late
    this.pending.push(errand);
  }

  private answer(errand: Errand, weather: Weather): Answer {
    if (errand.does === "post") return this.post(errand.letter);
    if (errand.does === "deliver") return { type: "delivered", sent: this.deliver(errand.reader, weather) };
    if (errand.does === "findWork") return { type: "workFound", target: "next" };
    if (errand.does === "putDown") return { type: "isDown" };
    if (errand.does === "walk") return { type: "walked", target: (errand.opened.told.id % CASES) + 1, left: null };
    if (errand.does === "recall") {
      const draft = errand.told.id === 3 ? draftOf({ caseId: 3, version: 0 }) : null;
      return { type: "recalled", told: errand.told, draft, at: 0 };
    }
    if (weather === "signedOut") return { type: "failed", error: SIGNED_OUT };
    if (weather !== "fair") return { type: "failed", error: OFFLINE };
    return { type: "claimed", told: this.claim(errand.target) };
  }

  /** As ``outbox.put`` does. */
  private post(letter: Omit<Letter, "key">): Answer {
    const older = this.outbox.findIndex((one) => one.reader === letter.reader && one.caseId === letter.caseId);
    if (older >= 0) this.replaced.add(this.outbox.splice(older, 1)[0]!.key);
    this.posted += 1;
    this.outbox.push({ ...letter, key: `letter ${this.posted}` });
    return { type: "posted" };
  }

  private deliver(reader: number, weather: Weather): [number, Sent][] {
    return this.outbox
      .filter((letter) => letter.reader === reader)
      .map((letter) => [letter.caseId, this.take(letter, weather)]);
  }

  private take(letter: Letter, weather: Weather): Sent {
    if (weather === "silent") return { state: "waiting", signedOut: false };
    if (weather === "signedOut") return { state: "waiting", signedOut: true };
    if (weather === "refuses") {
      this.drop(letter);
      this.refused.add(letter.key);
      return { state: "refused", problem: REFUSAL };
    }
    const late = letter.version !== this.versionOf(letter.caseId);
    if (!this.stored.has(letter.key)) {
      this.stored.set(letter.key, late ? "beside" : "counts");
      if (!late) this.versions.set(letter.caseId, letter.version + 1);
      this.blind.delete(letter.caseId);
    }
    if (weather === "unheard") return { state: "waiting", signedOut: false }; // it is there, and is sent again
    this.drop(letter);
    return this.stored.get(letter.key) === "beside"
      ? { state: "sibling", newer: false, look: true, why: null }
      : { state: "saved", newer: false };
  }

  private drop(letter: Letter): void {
    this.outbox.splice(this.outbox.indexOf(letter), 1);
  }

  private claim(target: number | "next"): Case | null {
    const open = [1, 2, 3, 4].filter((id) => this.versionOf(id) === 0 || this.blind.has(id));
    const id = target === "next" ? open[0] : target;
    return id === undefined ? null : caseOf(id, { version: this.versionOf(id), blind: this.blind.has(id) });
  }

  private versionOf(caseId: number): number {
    return this.versions.get(caseId) ?? 0;
  }
}

const events: Event[] = [
  { type: "again" },
  { type: "walk", by: 1 },
  { type: "lookBeside" },
  { type: "signedOut" },
  { type: "dismiss" },
  { type: "met", first: true },
  ...READERS.flatMap((reader): Event[] => [
    { type: "reader", reader },
    { type: "signedIn", reader, waiting: true },
  ]),
];
const weather = fc.constantFrom<Weather>("fair", "fair", "fair", "silent", "unheard", "signedOut", "refuses");
const move = fc.oneof(
  { weight: 6, arbitrary: fc.record({ act: fc.constant("answer" as const), which: fc.nat(3), weather }) },
  { weight: 3, arbitrary: fc.constant<Move>({ act: "press" }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("event" as const), event: fc.constantFrom(...events) }) },
  { weight: 1, arbitrary: fc.constant<Move>({ act: "echo" }) },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant("other" as const), caseId: fc.integer({ min: 1, max: CASES }) }),
  },
);

test("whatever comes in whatever order, no read is lost and none is saved twice", () => {
  fc.assert(
    fc.property(fc.array(move, { minLength: 40, maxLength: 120, size: "max" }), (moves: Move[]) => {
      const world = new World();
      world.play({ act: "event", event: { type: "reader", reader: 1 } });
      for (const one of moves) world.play(one);
      world.settle();
      const { session, outbox, stored, refused, replaced, pressed, posted } = world;
      const others = outbox.filter((letter) => letter.reader !== session.reader).map(({ key }) => key);
      const known = new Set([...stored.keys(), ...refused, ...replaced, ...others]);
      expect([known.size, posted]).toEqual([pressed, pressed]);
      expect(session.busy).toBe(false);
      expect(session.saving).not.toBe("waiting");
      expect(session.opened !== null || session.finished).toBe(true);
    }),
    { numRuns: 300 },
  );
});
