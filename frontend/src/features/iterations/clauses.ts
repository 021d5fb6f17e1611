/** The gate's clauses as the server tells them, one group a finding. */

import { Problem, type Schemas } from "../../api/client";
import { findingName } from "../../components/words";
import { app } from "../../texts/app";
import { clauses } from "../../texts/iterations";
import { language } from "../../texts/language";

export type Clause = Schemas["Clause"];

/** The clauses that a launch was refused for; null of any other error. */
export function failedAt(error: Error | null): Clause[] | null {
  if (!(error instanceof Problem) || error.type !== "urn:overread:gate-shut") return null;
  return (error.extra as Pick<Schemas["GateShutOut"], "clauses">).clauses;
}

/** One that is about no finding alone stands by itself. */
export function byFinding(clauses: Clause[]): Clause[][] {
  const groups = new Map<string, Clause[]>();
  for (const clause of clauses) {
    const key = clause.finding ?? clause.sentence;
    groups.set(key, [...(groups.get(key) ?? []), clause]);
  }
  return [...groups.values()];
}

/** The sentence with the finding's name as people write it; in another language than the server's by the clause's
 * name. */
export function spoken({ name, finding, value, limit, sentence }: Clause): string {
  if (language() !== "en") {
    const spell = name === "enough-reads" ? (n: number | null) => String(n ?? 0) : spellShare;
    return clauses[name](findingName(finding), spell(value), spell(limit));
  }
  if (finding === null) return sentence.charAt(0).toUpperCase() + sentence.slice(1);
  return sentence.replace(finding, findingName(finding)).replaceAll(finding, finding.replaceAll("_", " "));
}

function spellShare(value: number | null): string {
  return value === null ? app.notAvailable : `${(value * 100).toFixed(1)}%`;
}
