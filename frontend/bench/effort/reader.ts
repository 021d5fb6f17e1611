/**
 * A reader who knows the truth and takes the cheapest way to it: at each step, what gains the most Dice a gesture; what
 * ends the work in the fewest gestures comes first. Their hand is not exact, so what they get is not what they aimed at.
 */

import type { Made } from "../../src/editor/history";
import { createMasks, lassoPixels, type Masks, type Point, regionAt } from "../../src/editor/mask";
import { encodeRle } from "../../src/editor/rle";
import { filmScope, lassoScope, regionScope, type Scope } from "../../src/editor/scope";
import { dice, type Phantom, SIZE, seeded } from "./phantoms";
import { type Effort, Hand } from "./stage";
import { bestLoop, bestStroke, looseLoop, pointAt, regionsOf } from "./strokes";

export const GOOD = 0.9;
const MARGIN = 0.01; // the hand is not exact
const MOST = 60; // moves; then the reader gives up
const NOISE = 0.4; // film pixels of 128: about three on the screen

/** Blind there is no mask to mend, and no map: the reader draws what is there. */
export type Kit = "every tool" | "brush and eraser" | "blind";

interface Move {
  gestures: number;
  dice: number; // what it would lead to
  perform: () => void;
}

/** ``moves``: how often the reader chose what to do; ``began`` and ``ended``: whether there was a mask; ``made``: what
 * the last was taken from. */
export interface Fix extends Effort {
  kind: Phantom["kind"];
  dice: number;
  done: boolean;
  moves: number;
  began: boolean;
  ended: boolean;
  made: Made | null;
}

/** Repair one phantom's pseudo mask, or draw what it should have been. */
export function fix(phantom: Phantom, kit: Kit, seed: number): Fix {
  const random = seeded(seed);
  const { kind, film, truth } = phantom;
  const hand = new Hand(film, random, NOISE);
  const { document } = hand.editor;
  const pseudo = encodeRle(kit === "blind" ? new Uint8Array(SIZE * SIZE) : phantom.pseudo, SIZE, SIZE, 0);
  document.load(0, pseudo, pseudo);
  if (kit !== "blind") document.loadMaps(phantom.maps);
  const { bits } = document.masks;
  const none = !truth.some(Boolean);
  const isDone = (): boolean => (none ? !bits.some(Boolean) : dice(bits, truth) >= GOOD);
  const began = bits.some(Boolean);
  let moves = 0;
  for (; moves < MOST && !isDone(); moves++) {
    const move = choose([...withKit(kit, hand, phantom, random)], dice(bits, truth), none);
    if (!move) break;
    move.perform();
  }
  const ended = { dice: dice(bits, truth), done: isDone(), ended: bits.some(Boolean), made: document.history.made(0) };
  return { ...hand.effort, kind, moves, began, ...ended };
}

function choose(moves: Move[], now: number, none: boolean): Move | undefined {
  const enough = moves.filter((move) => move.dice >= (none ? 1 : GOOD + MARGIN));
  const cheapest = enough.sort((a, b) => a.gestures - b.gestures || b.dice - a.dice)[0];
  if (cheapest) return cheapest;
  const worth = (move: Move): number => (move.dice - now) / move.gestures;
  return moves.filter((move) => move.dice > now).sort((a, b) => worth(b) - worth(a))[0] ?? moves[0];
}

function* withKit(kit: Kit, hand: Hand, phantom: Phantom, random: () => number): Generator<Move> {
  yield* withBrush(hand, phantom, random);
  if (kit === "every tool") {
    yield* withKeys(hand, phantom);
    yield* withSlider(hand, phantom);
  }
  if (kit !== "brush and eraser") yield* withLasso(hand, phantom);
}

function* withBrush(hand: Hand, { truth }: Phantom, random: () => number): Generator<Move> {
  const { editor } = hand;
  const mask = editor.document.masks.bits;
  for (const adds of [true, false]) {
    const stroke = bestStroke(mask, truth, adds, random);
    if (!stroke) continue;
    const tool = adds ? "brush" : "eraser";
    const [other, resized] = [editor.state().tool !== tool, Math.abs(editor.state().radius - stroke.radius) > 0.5];
    yield {
      gestures: 1 + Number(other) + Number(resized),
      // With nothing to find, every pixel rubbed out is a gain.
      dice: truth.some(Boolean) ? stroke.dice : rubbed(mask, stroke.dice),
      perform: () => {
        if (other) hand.key(() => editor.setTool(tool));
        if (resized) hand.resize(stroke.radius);
        hand.drag(stroke.path);
      },
    };
  }
}

function rubbed(mask: Uint8Array, dice: number): number {
  return dice === 1 ? 1 : 1 / (2 + mask.reduce((sum, value) => sum + value, 0));
}

/** No lesion, delete or keep a region, holes, a pixel more or less, the previous iteration's mask. */
function* withKeys(hand: Hand, { truth, previous }: Phantom): Generator<Move> {
  const { editor } = hand;
  const { document } = editor;
  const now = document.masks.bits;
  const on = (change: (masks: Masks) => void): number => {
    const masks = createMasks(SIZE, SIZE);
    masks.bits.set(now);
    change(masks);
    return dice(masks.bits, truth);
  };
  const none = !truth.some(Boolean);
  yield { gestures: 1, dice: none ? 1 : 0, perform: () => hand.key(() => document.clear(0)) };
  for (const region of regionsOf(now)) {
    const middle = pointAt(region[region.length >> 1]!);
    const without = on((masks) => {
      for (const at of regionAt(masks, 0, middle.x, middle.y)) masks.bits[at] = 0;
    });
    const alone = on((masks) => {
      masks.bits.fill(0);
      for (const at of region) masks.bits[at] = 1;
    });
    for (const [keep, value] of [
      [false, without],
      [true, alone],
    ] as const) {
      const perform = (): void => {
        hand.hover(middle);
        hand.key(() => editor.cutRegion(keep));
      };
      yield { gestures: 1, dice: value, perform };
    }
  }
  for (const outward of [true, false]) {
    const value = on((masks) => {
      const before = masks.bits.slice();
      masks.bits.forEach((_, at) => {
        const around = [at - 1, at + 1, at - SIZE, at + SIZE].some((next) => Boolean(before[next]) === outward);
        if (around) masks.bits[at] = outward ? 1 : 0;
      });
    });
    yield { gestures: 1, dice: value, perform: () => hand.key(() => document.grow(0, outward)) };
  }
  const adopt = (): void => {
    hand.key(() => undefined); // M opens the strip
    hand.key(() => document.adopt(0, encodeRle(previous, SIZE, SIZE, 0), "previous"));
  };
  yield { gestures: 2, dice: dice(previous, truth), perform: adopt };
}

/** The probability slider: on the film, in a region, in a loose lasso. */
function* withSlider(hand: Hand, { truth, maps }: Phantom): Generator<Move> {
  const { editor } = hand;
  const { document } = editor;
  const plane = maps.planes[0]!;
  const now = document.masks.bits;
  const whole = bestThreshold(filmScope(0), now, plane, truth);
  const scoped = document.scope(0).kind !== "film";
  const film = (): void => {
    if (scoped) hand.key(() => editor.cancel());
    hand.slide(whole.threshold);
  };
  yield { gestures: 1 + Number(scoped), dice: whole.dice, perform: film };
  const likely = truth.reduce((best, value, at) => (value && plane[at]! > (plane[best] ?? -1) ? at : best), -1);
  const loop = looseLoop(now, truth);
  const masks = createMasks(SIZE, SIZE);
  masks.bits.set(now);
  const scopes: [Scope, Point[]][] = [];
  if (loop.length > 2) scopes.push([lassoScope(masks, 0, lassoPixels(masks, loop)), loop]);
  if (likely >= 0) {
    const point = pointAt(likely);
    scopes.push([regionScope(masks, 0, plane, point.x, point.y), [point]]);
  }
  for (const [scope, path] of scopes) {
    const best = bestThreshold(scope, now, plane, truth);
    const other = editor.state().tool !== "threshold";
    const perform = (): void => {
      if (other) hand.key(() => editor.setTool("threshold"));
      hand.drag(path);
      hand.slide(best.threshold);
    };
    yield { gestures: 2 + Number(other), dice: best.dice, perform };
  }
}

function bestThreshold(scope: Scope, now: Uint8Array, plane: Uint8Array, truth: Uint8Array) {
  let best = { threshold: 128, dice: -1 };
  for (let threshold = 8; threshold < 255; threshold += 8) {
    const masks = createMasks(SIZE, SIZE);
    masks.bits.set(now);
    scope.apply(masks, plane, threshold, false);
    const value = dice(masks.bits, truth);
    if (value > best.dice) best = { threshold, dice: value };
  }
  return best;
}

function* withLasso(hand: Hand, { truth }: Phantom): Generator<Move> {
  const { editor } = hand;
  const other = editor.state().tool !== "lasso";
  for (const adds of [true, false]) {
    const loop = bestLoop(editor.document.masks.bits, truth, adds);
    if (!loop) continue;
    const perform = (): void => {
      if (other) hand.key(() => editor.setTool("lasso"));
      hand.drag(loop.path, !adds);
    };
    yield { gestures: 1 + Number(other) + Number(!adds), dice: loop.dice, perform };
  }
}
