/** Scores as the server tells them, turned into points of a plot. */

import type { Schemas } from "../../api/client";

export const SCORES = ["d_auc", "dice", "sensitivity", "specificity"] as const;
export type Score = (typeof SCORES)[number];
type Split = Schemas["EvaluatedScoreOut"]["split"];

export interface Dot {
  iteration: number;
  finding: string;
  value: number;
  low: number;
  high: number;
}

type PerFinding = Schemas["Metrics"]["per_finding"];

export function perFinding(row: Schemas["IterationOut"], split: Split): PerFinding | null {
  const found = row.metrics?.ensemble[split]?.per_finding;
  return found && Object.values(found).some((scores) => scores.d_auc !== null) ? found : null;
}

export function dotsOf(row: Schemas["IterationOut"], split: Split, score: Score): Dot[] {
  const found = perFinding(row, split) ?? {};
  // In the project's order, as everywhere.
  return Object.keys(row.decisions).flatMap((finding) => {
    const value = found[finding]?.[score];
    const [low, high] = found[finding]?.[`${score}_interval`] ?? [];
    if (value == null || low === undefined || high === undefined) return [];
    return [{ iteration: row.index, finding, value, low, high }];
  });
}

/** Agreement with public labels, or its paired change, as points; one patient alone has no interval. */
export function sourceDots(scores: Schemas["SourceScoreOut"][]): Dot[] {
  return scores.map(({ iteration, finding, value, low, high }) => ({
    iteration,
    finding,
    value,
    low: low ?? value,
    high: high ?? value,
  }));
}

/** Of the iteration that has most of them: its public labels, of all findings, that were others when it labelled. */
export function mostNewer(scores: Schemas["SourceScoreOut"][]): number {
  const counts = new Map<number, number>();
  for (const { iteration, newer } of scores) counts.set(iteration, (counts.get(iteration) ?? 0) + newer);
  return Math.max(0, ...counts.values());
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
        run.epochs.flatMap((epoch) => {
          const value = epoch[measure];
          return value === null ? [] : [{ run: name, epoch: epoch.epoch + 1, value }];
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
