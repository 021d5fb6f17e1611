/** The gate's clauses as the server tells them, one group a finding. */

import { findingName } from "../../components/words";

export interface Clause {
  name: string;
  finding: string;
  passed: boolean;
  value: number | null;
  limit: number;
  sentence: string;
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

/** The sentence with the finding's name as people write it. */
export function spoken({ sentence, finding }: Clause): string {
  return sentence.replace(finding, findingName(finding)).replaceAll(finding, finding.replaceAll("_", " "));
}
