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

export function byFinding(clauses: Clause[]): Clause[][] {
  const groups = new Map<string, Clause[]>();
  for (const clause of clauses) groups.set(clause.finding, [...(groups.get(clause.finding) ?? []), clause]);
  return [...groups.values()];
}

/** The sentence with the finding's name as people write it. */
export function spoken({ sentence, finding }: Clause): string {
  return sentence.replace(finding, findingName(finding)).replaceAll(finding, finding.replaceAll("_", " "));
}
