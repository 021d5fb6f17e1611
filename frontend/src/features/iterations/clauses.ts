/** The gate's clauses as the server tells them, one group a finding. */

import type { Schemas } from "../../api/client";
import { findingName } from "../../components/words";
import { app } from "../../texts/app";
import { clauses } from "../../texts/iterations";
import { language } from "../../texts/language";

export interface Clause {
  name: string;
  finding: string;
  passed: boolean;
  value: number | null;
  limit: number;
  sentence: string;
  more: number | null;
  stream: Schemas["MoreIn"]["stream"] | null;
}

/** What a clause says that is about no finding alone; each of these stands by itself. */
export const ALL = "all findings";

export function byFinding(clauses: Clause[]): Clause[][] {
  const groups = new Map<string, Clause[]>();
  for (const clause of clauses) {
    const key = clause.finding === ALL ? clause.sentence : clause.finding;
    groups.set(key, [...(groups.get(key) ?? []), clause]);
  }
  return [...groups.values()];
}

/** The sentence with the finding's name as people write it; in another language than the server's by the clause's name,
 * or null where the catalogue does not know it. */
export function spoken({ name, finding, value, limit, sentence }: Clause): string | null {
  if (language() === "en") {
    return sentence.replace(finding, findingName(finding)).replaceAll(finding, finding.replaceAll("_", " "));
  }
  if (!Object.hasOwn(clauses, name)) return null;
  const spell = name === "enough-reads" ? (n: number | null) => String(n ?? 0) : spellShare;
  return clauses[name as keyof typeof clauses](findingName(finding), spell(value), spell(limit));
}

function spellShare(value: number | null): string {
  return value === null ? app.notAvailable : `${(value * 100).toFixed(1)}%`;
}
