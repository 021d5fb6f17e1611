/** What reading cost, as the server tells it, turned into points, bars and rows. */

import type { Schemas } from "../../api/client";

type Told = Schemas["EffortOut"];
export type Kind = Schemas["KindSecondsOut"]["kind"];
export type Score = "d_auc" | "dice";

/** Kinds of work that nobody told are the last. */
export const KINDS = ["accept", "slider", "adopt", "redraw", "draw", "reject", "cannot_tell", null] as const;

export interface Point {
  iteration: number;
  minutes: number;
  drawn: number; // minutes, had the same findings been drawn from nothing
  value: number;
  low: number;
  high: number;
}

/** A point an iteration that was scored, at the minutes that had been read when it was trained. */
export function pointsOf({ iterations }: Told, score: Score): Point[] {
  return iterations.flatMap((row) => {
    const told = row[score];
    if (!told) return [];
    const { value, low, high } = told;
    const [minutes, drawn] = [row.before / 60, row.drawn_before / 60];
    return [{ iteration: row.iteration, minutes, drawn, value, low: low ?? value, high: high ?? value }];
  });
}

export interface Reach {
  from: Point;
  to: Point | null; // the best of the later ones, where it is above the first
  minutes: number; // from the first to it, or to the last
  drawn: number; // the same, had it been drawn from nothing
  overlap: boolean;
}

/** How far reading has led: from the first point to the best of the later ones. Null before there are two. */
export function reachOf(points: Point[]): Reach | null {
  const [from, ...later] = points;
  const last = later.at(-1);
  if (!from || !last) return null;
  const best = later.reduce((top, point) => (point.value > top.value ? point : top));
  const to = best.value > from.value ? best : null;
  return {
    from,
    to,
    minutes: (to ?? last).minutes - from.minutes,
    drawn: (to ?? last).drawn - from.drawn,
    overlap: to !== null && to.low <= from.high,
  };
}

export interface Bar {
  iteration: number;
  kind: Kind | null;
  minutes: number;
  reads: number;
}

export function barsOf({ iterations }: Told): Bar[] {
  return iterations.flatMap(({ iteration, work }) =>
    work.map(({ kind, seconds, reads }) => ({ iteration, kind, minutes: seconds / 60, reads })),
  );
}

export interface Row {
  kind: Kind | null;
  reads: number;
  minutes: number;
  seconds: number | null; // of one read
  own: boolean; // this project's median; else modelled
}

/** A row a kind of work that was done. */
export function rowsOf(told: Told): Row[] {
  const bars = barsOf(told);
  return KINDS.flatMap((kind) => {
    const done = bars.filter((bar) => bar.kind === kind);
    if (!done.length) return [];
    const sum = (of: "minutes" | "reads"): number => done.reduce((total, bar) => total + bar[of], 0);
    const each = told.kinds.find((one) => one.kind === kind);
    return [{ kind, reads: sum("reads"), minutes: sum("minutes"), seconds: each?.seconds ?? null, own: !!each?.own }];
  });
}
