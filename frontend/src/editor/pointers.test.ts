import fc from "fast-check";
import { expect, test } from "vitest";
import type { Point } from "./mask";
import { type Contact, Pointers } from "./pointers";

const MOUSE = 1;
const PEN = 2;

/** Pointers over a target that writes down what it is told; ``marks``: whether the tool at hand draws. */
class Screen {
  told: string[] = [];
  marks = true;
  private readonly pointers = new Pointers({
    down: ({ eraser }) => {
      this.told.push(eraser ? "erase" : "down");
      return this.marks;
    },
    move: (points) => this.told.push(`move ${points.map(({ x, y }) => `${x},${y}`).join(" ")}`),
    up: () => this.told.push("up"),
    cancel: () => this.told.push("cancel"),
    pinch: (from, to, factor) => this.told.push(`pinch ${from.x},${from.y} ${to.x},${to.y} ×${factor}`),
    leave: () => this.told.push("leave"),
    wheel: () => undefined,
  });

  down(id: number, time: number, at: Point = { x: 0, y: 0 }, eraser = false): void {
    this.pointers.down(contact(id, time), { at, button: eraser ? 5 : 0, shift: false, space: false, eraser });
  }

  move(id: number, time: number, ...points: Point[]): void {
    this.pointers.move(contact(id, time), points);
  }

  up(id: number, time: number): void {
    this.pointers.up(contact(id, time));
  }
}

function contact(id: number, time: number): Contact {
  return { id, kind: id === MOUSE ? "mouse" : id === PEN ? "pen" : "touch", time };
}

test("one finger draws, with every point of it; lifted or taken away by the system, its stroke stands", () => {
  const screen = new Screen();
  screen.down(10, 5000);
  screen.move(10, 5010, { x: 1, y: 2 }, { x: 3, y: 4 });
  screen.up(10, 5020);
  expect(screen.told).toEqual(["down", "move 1,2 3,4", "up"]);
});

test("a second finger soon after the first takes the stroke back, and both zoom and pan together", () => {
  const screen = new Screen();
  screen.down(10, 5000, { x: 0, y: 0 });
  screen.move(10, 5100, { x: 2, y: 0 });
  screen.down(11, 5200, { x: 12, y: 0 });
  screen.move(11, 5300, { x: 22, y: 4 });
  screen.move(10, 5310, { x: 22, y: 24 });
  screen.up(11, 5400);
  screen.move(10, 5410, { x: 90, y: 90 }); // the finger that stays neither draws nor jumps
  screen.up(10, 5500);
  const apart = Math.hypot(20, 4) / 10;
  expect(screen.told).toEqual([
    "down",
    "move 2,0",
    "cancel",
    `pinch 7,0 12,2 ×${apart}`,
    `pinch 12,2 22,14 ×${20 / Math.hypot(20, 4)}`,
  ]);
  screen.down(12, 9000);
  expect(screen.told.at(-1)).toBe("down");
});

test("a pair that lost a finger is whole again with another, at any time", () => {
  const screen = new Screen();
  screen.down(10, 5000);
  screen.down(11, 5100, { x: 10, y: 0 });
  screen.up(11, 6000);
  screen.down(12, 9000, { x: 0, y: 10 });
  screen.move(12, 9010, { x: 0, y: 20 });
  expect(screen.told).toEqual(["down", "cancel", "pinch 0,5 0,10 ×2"]);
});

test("a stroke that goes on is not taken back by a finger that comes late; a pan becomes a pinch at any time", () => {
  const screen = new Screen();
  screen.down(10, 5000);
  screen.down(11, 5251, { x: 50, y: 0 });
  screen.move(11, 5300, { x: 60, y: 0 });
  screen.move(10, 5310, { x: 1, y: 1 });
  screen.up(10, 5400);
  screen.up(11, 5400);
  expect(screen.told).toEqual(["down", "move 1,1", "up"]);
  screen.told = [];
  screen.marks = false;
  screen.down(12, 7000);
  screen.down(13, 9000, { x: 10, y: 0 });
  screen.move(13, 9010, { x: 20, y: 0 });
  expect(screen.told).toEqual(["down", "cancel", "pinch 5,0 10,0 ×2"]);
});

test("the hand that holds the pen does nothing, before it, under it and for a while after", () => {
  const screen = new Screen();
  screen.down(10, 5000); // the palm lands first
  screen.down(PEN, 5050);
  screen.move(10, 5060, { x: 9, y: 9 });
  screen.down(11, 5070, { x: 30, y: 0 });
  screen.move(PEN, 5080, { x: 1, y: 1 });
  screen.up(PEN, 5100);
  for (const id of [10, 11]) screen.up(id, 5200);
  screen.down(12, 6900);
  screen.move(12, 6950, { x: 5, y: 5 });
  screen.up(12, 6990);
  expect(screen.told).toEqual(["down", "cancel", "down", "move 1,1", "up"]);
  screen.move(PEN, 7000, { x: 2, y: 2 }); // hovers: seen again
  screen.down(13, 8999);
  screen.up(13, 9000);
  screen.down(14, 9001);
  expect(screen.told.slice(5)).toEqual(["move 2,2", "down"]);
});

test("two fingers zoom while a pen is near, and not while it draws", () => {
  const screen = new Screen();
  screen.move(PEN, 5000, { x: 0, y: 0 });
  screen.down(10, 5100);
  screen.down(11, 5200, { x: 10, y: 0 });
  screen.move(11, 5300, { x: 20, y: 0 });
  expect(screen.told).toEqual(["move 0,0", "pinch 5,0 10,0 ×2"]);
  screen.down(PEN, 5400);
  screen.move(11, 5500, { x: 90, y: 0 });
  expect(screen.told.slice(2)).toEqual(["down"]);
});

test("the pen's other end erases; a mouse that hovers is followed", () => {
  const screen = new Screen();
  screen.move(MOUSE, 5000, { x: 1, y: 1 });
  screen.down(PEN, 5100, { x: 0, y: 0 }, true);
  screen.move(MOUSE, 5200, { x: 2, y: 2 });
  screen.up(PEN, 5300);
  expect(screen.told).toEqual(["move 1,1", "erase", "up"]);
});

test("whatever fingers do, every gesture that began ends once, and the next finger draws", () => {
  const act = fc.tuple(fc.constantFrom("down", "move", "up"), fc.constantFrom(2, 10, 11, 12), fc.nat(400));
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
      const screen = new Screen();
      let time = 5000;
      const on = new Set<number>();
      for (const [what, id, wait] of acts) {
        time += wait;
        if (what === "down" && !on.has(id)) {
          on.add(id);
          screen.down(id, time, { x: id, y: wait });
        } else if (what === "move") screen.move(id, time, { x: wait, y: id });
        else if (what === "up" && on.delete(id)) screen.up(id, time);
      }
      for (const id of on) screen.up(id, time);
      const begun = screen.told.filter((word) => word === "down").length;
      const ended = screen.told.filter((word) => word === "up" || word === "cancel").length;
      expect(ended).toBe(begun);
      screen.told = [];
      screen.down(13, time + 3000);
      expect(screen.told).toEqual(["down"]);
    }),
  );
});
