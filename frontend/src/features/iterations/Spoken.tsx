import { type Clause, spoken } from "./clauses";

/** What a clause of the gate says; where the catalogue has no words for it, the server's English, marked as such. */
export function Spoken({ clause }: { clause: Clause }) {
  return spoken(clause) ?? <span lang="en">{clause.sentence}</span>;
}
