import type { Schemas } from "../../api/client";
import { findingName } from "../../components/words";
import { networks, demo as t } from "../../texts/demo";

export const METRICS = { d_auc: "D-AUC", dice: "Dice*" } as const;
export type Score = keyof typeof METRICS;
const MACRO = "macro";

/** A dot with its interval, in percent. */
export interface Dot {
  name: string;
  panel: string;
  value: number;
  low: number;
  high: number;
}

/** The mean of the findings of every difference, a panel a score; what could not be measured is left out. */
export function changesOf(differences: Schemas["Difference"][]): Dot[] {
  return (Object.keys(METRICS) as Score[]).flatMap((metric) =>
    differences.flatMap(({ of, since, scores }) =>
      dotsOf(t.minus(networkName(of), networkName(since)), METRICS[metric], scores[MACRO]?.[metric]),
    ),
  );
}

/** The scores of every network, a panel a finding, their mean first. */
export function scoresOf(scores: Schemas["Beside"]["scores"], metric: Score): Dot[] {
  return Object.entries(scores).flatMap(([network, findings]) =>
    Object.entries(findings)
      .sort(([a], [b]) => Number(b === MACRO) - Number(a === MACRO))
      .flatMap(([finding, own]) =>
        dotsOf(networkName(network), finding === MACRO ? t.macro : findingName(finding), own[metric]),
      ),
  );
}

export function networkName(name: string): string {
  return networks[name as keyof typeof networks] ?? name;
}

function dotsOf(name: string, panel: string, one: Schemas["Estimate"] | undefined): Dot[] {
  if (!one || one.value === null || one.low === null || one.high === null) return [];
  return [{ name, panel, value: 100 * one.value, low: 100 * one.low, high: 100 * one.high }];
}
