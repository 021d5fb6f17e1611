/**
 * Pseudo masks that are wrong in seven ways, each with its truth and the probabilities that it was cut from. A network's
 * belief is a softened distance to a border: the truth's, but for the error of the class, with a slow ripple on it.
 */

import type { Film, Maps } from "../../src/editor/film";

export const CLASSES = [
  "extra blob",
  "missing part",
  "too large",
  "too small",
  "wrong place",
  "spurious",
  "missed",
] as const;
export type Class = (typeof CLASSES)[number];

export const SIZE = 128;

export interface Phantom {
  kind: Class | `real, ${string}`;
  film: Film;
  maps: Maps;
  truth: Uint8Array; // 0 or 1 a pixel
  pseudo: Uint8Array;
  previous: Uint8Array; // what the last iteration drew: wrong in a way of its own
}

type Field = (x: number, y: number) => number;

/** Random numbers from a seed (mulberry32), 0 ≤ r < 1. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function dice(a: Uint8Array, b: Uint8Array): number {
  let both = 0;
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    both += a[i]! & b[i]!;
    sum += a[i]! + b[i]!;
  }
  return sum ? (2 * both) / sum : 1;
}

/** The n-th of the phantoms of a seed; the classes come in turn. */
export function phantom(seed: number, n: number): Phantom {
  const kind = CLASSES[n % CLASSES.length]!;
  for (let attempt = 0; ; attempt++) {
    const random = seeded(seed * 1_000_003 + n * 101 + attempt);
    const lesion = blob(random, 8 + 13 * random());
    const truth = kind === "spurious" ? new Uint8Array(SIZE * SIZE) : cut(lesion.depth, 0);
    const belief = believe(kind, lesion, random);
    const pseudo = cut(belief, 0.5);
    const other = CLASSES[Math.floor(random() * CLASSES.length)]!;
    const previous = cut(believe(kind === "spurious" ? "spurious" : other, lesion, random), 0.5);
    // An error that an acceptable mask has is none, and a region that is not seen cannot be read.
    if (kind !== "spurious" && dice(pseudo, truth) >= 0.85) continue;
    if (kind === "spurious" && dice(pseudo, truth) === 1) continue;
    const plane = sample(belief, (p) => Math.round(255 * Math.min(1, Math.max(0, p))));
    const film = { width: SIZE, height: SIZE, data: new Uint8Array(SIZE * SIZE) };
    return { kind, film, truth, pseudo, previous, maps: { width: SIZE, height: SIZE, planes: [plane] } };
  }
}

/** A network's mask of a film of people, from its line; nobody drew on the film before. */
export function real(line: string): Phantom {
  const { kind, truth, pseudo, plane } = JSON.parse(line) as Record<"truth" | "pseudo" | "plane", string> &
    Pick<Phantom, "kind">;
  const pixels = (packed: string): Uint8Array => Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const mask = pixels(pseudo);
  const film = { width: SIZE, height: SIZE, data: new Uint8Array(SIZE * SIZE) };
  const maps = { width: SIZE, height: SIZE, planes: [pixels(plane)] };
  return { kind, film, maps, truth: pixels(truth), pseudo: mask, previous: mask };
}

interface Blob {
  x: number;
  y: number;
  size: number;
  depth: Field; // about the distance to the border in pixels, positive inside
}

function blob(random: () => number, size: number, x = 35 + 58 * random(), y = 35 + 58 * random()): Blob {
  const flat = 0.5 + 0.5 * random();
  const angle = Math.PI * random();
  const waves = [2, 3, 5].map((order) => ({ order, high: (0.16 * random()) / order, phase: 7 * random() }));
  const depth: Field = (px, py) => {
    const [dx, dy] = [px - x, py - y];
    const along = dx * Math.cos(angle) + dy * Math.sin(angle);
    const across = (dy * Math.cos(angle) - dx * Math.sin(angle)) / flat;
    const around = Math.atan2(across, along);
    const border = size * (1 + waves.reduce((sum, w) => sum + w.high * Math.sin(w.order * around + w.phase), 0));
    return (border - Math.hypot(along, across)) * Math.sqrt(flat);
  };
  return { x, y, size, depth };
}

function believe(kind: Class, lesion: Blob, random: () => number): Field {
  const soft = 1 + random();
  const noise = ripple(random, 0.08 * lesion.size);
  const belief = (depth: Field, shift = 0, peak = 1, slope = soft): Field => {
    return (x, y) => peak / (1 + Math.exp(-(depth(x, y) + noise(x, y) + shift) / slope));
  };
  const [angle, far] = [2 * Math.PI * random(), lesion.size * (0.8 + 0.6 * random())];
  const beside = (distance: number, size: number): Blob =>
    blob(random, size, lesion.x + distance * Math.cos(angle), lesion.y + distance * Math.sin(angle));
  const [share, strength] = [0.22 + 0.25 * random(), random()];
  if (kind === "extra blob") {
    const extra = beside(lesion.size * 2.1, lesion.size * (0.45 + 0.35 * random()));
    return most(belief(lesion.depth), belief(extra.depth, 0, 0.6 + 0.3 * strength));
  }
  if (kind === "missing part") {
    const bite = beside(lesion.size * 0.75, lesion.size * 0.75);
    const [whole, gone] = [belief(lesion.depth), belief(bite.depth)];
    return (x, y) => whole(x, y) * (1 - (0.55 + 0.4 * strength) * gone(x, y));
  }
  if (kind === "too large") return belief(lesion.depth, share * lesion.size, 1, share * lesion.size);
  if (kind === "too small") return belief(lesion.depth, -share * lesion.size, 1, share * lesion.size);
  const weak = belief(lesion.depth, 0, strength < 0.7 ? 0.15 + 0.4 * strength : 0);
  if (kind === "wrong place") return most(belief(beside(far, lesion.size).depth), weak);
  if (kind === "missed") return weak;
  return belief(lesion.depth, 0, 0.6 + 0.3 * strength); // spurious: the truth has nothing there
}

function most(a: Field, b: Field): Field {
  return (x, y) => Math.max(a(x, y), b(x, y));
}

/** A slow wave over the film, this many pixels high at most. */
function ripple(random: () => number, height: number): Field {
  const waves = [1, 2, 3].map(() => ({
    x: 0.28 * (random() - 0.5),
    y: 0.28 * (random() - 0.5),
    phase: 7 * random(),
  }));
  return (x, y) => (height / 3) * waves.reduce((sum, w) => sum + Math.sin(w.x * x + w.y * y + w.phase), 0);
}

function cut(field: Field, at: number): Uint8Array {
  return sample(field, (value) => (value >= at ? 1 : 0));
}

function sample(field: Field, value: (at: number) => number): Uint8Array {
  return new Uint8Array(SIZE * SIZE).map((_, i) => value(field((i % SIZE) + 0.5, Math.floor(i / SIZE) + 0.5)));
}
