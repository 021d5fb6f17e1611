/** How ids and numbers are spelt for people. */

import { app, findings, verdicts } from "../texts/app";
import { times } from "../texts/iterations";

/** In the reader's language where the catalogue has it; a project may have findings of its own. Null: all together. */
export function findingName(finding: string | null): string {
  if (finding === null) return app.allFindings;
  if (Object.hasOwn(findings, finding)) return findings[finding as keyof typeof findings];
  const words = finding.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function share(value: number | null | undefined, digits = 3): string {
  return value === null || value === undefined ? app.notAvailable : value.toFixed(digits);
}

export function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? app.notAvailable : `${(value * 100).toFixed(0)}%`;
}

export function seconds(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  return value < 90 ? times.seconds(Math.round(value)) : times.minutes(Math.floor(value / 60), Math.round(value % 60));
}

export function verdictWord(verdict: keyof typeof verdicts): string {
  return verdicts[verdict];
}
