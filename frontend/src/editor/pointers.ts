/** Which pointer does what: a mouse or a pen draws, one finger draws, two zoom and pan, a palm does nothing. */

import type { Point } from "./mask";

export interface Press {
  at: Point;
  button: number;
  shift: boolean;
  space: boolean;
  eraser: boolean; // the pen's other end, or its button for that
}

/** One pointer at one time (ms). How hard a pen presses is nothing to a mask. */
export interface Contact {
  id: number;
  kind: "mouse" | "pen" | "touch";
  time: number;
}

export interface PointerTarget {
  /** Begin a gesture; answers whether it may leave a mark. */
  down(press: Press): boolean;
  /** Every point since the last call, in order: a fast stroke has several. */
  move(points: Point[]): void;
  up(): void;
  /** Leave the gesture as if it had not begun. */
  cancel(): void;
  /** Two fingers have moved what lies between them from here to there, and apart by this factor. */
  pinch(from: Point, to: Point, factor: number): void;
  leave(): void;
  wheel(at: Point, delta: number, alt: boolean): void;
}

const TOGETHER = 250; // ms between the first finger and the second of one hand
const PALM = 2000; // ms since a pen was seen in which a finger that comes alone is the hand that holds it

export class Pointers {
  private leader: (Contact & { marks: boolean }) | null = null; // whose gesture it is
  private readonly fingers = new Map<number, { at: Point; since: number }>();
  private pair: [number, number] | null = null;
  private gripped = false; // two fingers have met, and one of them is still there
  private penSeen = Number.NEGATIVE_INFINITY;

  constructor(private readonly target: PointerTarget) {}

  down(contact: Contact, press: Press): void {
    if (contact.kind === "touch") {
      this.land(contact, press);
      return;
    }
    if (contact.kind === "pen") {
      this.penSeen = contact.time;
      this.pair = null;
      if (this.leader?.kind === "touch") this.take(); // its hand came before it
    }
    if (this.leader?.id === contact.id) this.up(contact); // its end was never told
    if (!this.leader) this.lead(contact, press);
  }

  move({ id, kind, time }: Contact, points: Point[]): void {
    if (kind === "pen") this.penSeen = time;
    const finger = this.fingers.get(id);
    const before = this.pair && this.between(this.pair);
    if (finger) finger.at = points.at(-1)!;
    if (finger && before && this.pair?.includes(id)) {
      const { centre, distance } = this.between(this.pair);
      this.target.pinch(before.centre, centre, distance / before.distance);
    } else if (this.leader ? this.leader.id === id : kind !== "touch") this.target.move(points);
  }

  /** It was lifted, or the system took it away: what was drawn stands. */
  up({ id, kind, time }: Contact): void {
    if (kind === "pen") this.penSeen = time;
    this.fingers.delete(id);
    if (!this.fingers.size) this.gripped = false;
    if (this.pair?.includes(id)) this.pair = null; // the finger that stays does nothing more
    if (this.leader?.id !== id) return;
    this.leader = null;
    this.target.up();
  }

  leave({ id }: Contact): void {
    if (!this.leader || this.leader.id === id) this.target.leave();
  }

  /** A finger: the second of a pair, the one that draws, or part of a hand that rests. */
  private land(contact: Contact, press: Press): void {
    const { id, time } = contact;
    const [first] = this.fingers.keys();
    this.fingers.set(id, { at: press.at, since: time });
    if (this.pair || (this.leader && this.leader.kind !== "touch") || this.fingers.size > 2) return;
    if (first === undefined) {
      if (time - this.penSeen >= PALM) this.lead(contact, press);
      return;
    }
    const soon = time - this.fingers.get(first)!.since <= TOGETHER;
    if (this.leader ? this.leader.marks && !soon : !soon && !this.gripped) return; // a stroke goes on, a hand rests
    this.take();
    this.pair = [first, id];
    this.gripped = true;
  }

  private lead(contact: Contact, press: Press): void {
    this.leader = { ...contact, marks: this.target.down(press) };
  }

  private take(): void {
    if (!this.leader) return;
    this.leader = null;
    this.target.cancel();
  }

  private between([a, b]: [number, number]): { centre: Point; distance: number } {
    const [p, q] = [this.fingers.get(a)!.at, this.fingers.get(b)!.at];
    return {
      centre: { x: (p.x + q.x) / 2, y: (p.y + q.y) / 2 },
      distance: Math.max(1, Math.hypot(p.x - q.x, p.y - q.y)),
    };
  }
}
