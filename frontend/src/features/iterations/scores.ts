/** Scores as the server tells them, turned into points of a plot. */

import type { Schemas } from "../../api/client";

export const SCORES = ["d_auc", "dice", "sensitivity", "specificity"] as const;
export type Score = (typeof SCORES)[number];

export interface Dot {
  iteration: number;
  finding: string;
  value: number;
  low: number;
  high: number;
}

interface FindingScores {
  [score: string]: number | [number, number] | null;
}

export function perFinding(row: Schemas["IterationOut"], split: string): Record<string, FindingScores> | null {
  const ensemble = row.metrics?.ensemble as Record<string, { per_finding: Record<string, FindingScores> }> | undefined;
  const found = ensemble?.[split]?.per_finding;
  return found && Object.values(found).some((scores) => scores.d_auc !== null) ? found : null;
}

export function dotsOf(row: Schemas["IterationOut"], split: string, score: Score): Dot[] {
  const found = perFinding(row, split) ?? {};
  // In the project's order, as everywhere; Postgres keeps the scores in its own.
  return Object.keys(row.decisions).flatMap((finding) => {
    const value = found[finding]?.[score];
    const interval = found[finding]?.[`${score}_interval`];
    if (typeof value !== "number" || !Array.isArray(interval)) return [];
    return [{ iteration: row.index, finding, value, low: interval[0], high: interval[1] }];
  });
}

/** Agreement with public labels of one source, or its paired change, as points. */
export function sourceDots(scores: Schemas["SourceScoreOut"][], source: string, change: boolean): Dot[] {
  return scores
    .filter((one) => one.source === source && (one.since !== null) === change)
    .map(({ iteration, finding, value, low, high }) => ({
      iteration,
      finding,
      value,
      low: low ?? value,
      high: high ?? value,
    }));
}

export interface Curve {
  run: string;
  epoch: number;
  value: number;
}

export const MEASURES = ["loss", "mask_loss", "class_loss", "d_auc", "dice"] as const;
export type Measure = (typeof MEASURES)[number];

/** One measure of several runs, epoch by epoch; a run is named by its iteration and recipe. */
export function curvesOf(iterations: Schemas["IterationDetail"][], runs: string[], measure: Measure): Curve[] {
  return iterations.flatMap((iteration) =>
    iteration.runs
      .map((run) => ({ run, name: runName(iteration, run) }))
      .filter(({ name }) => runs.includes(name))
      .flatMap(({ run, name }) =>
        (run.epochs as Record<string, unknown>[]).flatMap((epoch) => {
          const value = epoch[measure];
          return typeof value === "number" ? [{ run: name, epoch: Number(epoch.epoch) + 1, value }] : [];
        }),
      ),
  );
}

export function runName(iteration: Schemas["IterationOut"], run: Schemas["RunOut"]): string {
  return `${iteration.index} · ${run.recipe.name}${run.half ? ` ${run.half}` : ""} · ${run.position + 1}`;
}

export interface Decided {
  iteration: number;
  finding: string;
  decision: string;
  share: number;
  count: number;
}

export const DECISIONS = ["positive", "uncertain", "negative"] as const;

/** Shares of the pool by decision, for each iteration and finding. */
export function decidedOf(rows: Schemas["IterationOut"][]): Decided[] {
  return rows.flatMap((row) =>
    Object.entries(row.decisions).flatMap(([finding, counts]) => {
      const all = DECISIONS.reduce((sum, decision) => sum + (counts[decision] ?? 0), 0);
      if (!all) return [];
      return DECISIONS.map((decision) => {
        const count = counts[decision] ?? 0;
        return { iteration: row.index, finding, decision, share: count / all, count };
      });
    }),
  );
}
