/** What a reader has said of a case so far, and what of it goes to the server. */

import type { Schemas } from "../../../api/client";
import type { Editor } from "../../../editor/editor";
import { isEmptyRle } from "../../../editor/rle";
import type { State } from "../../../editor/state";
import type { Case, Remarks, Said, Verdict, Verdicts } from "./types";

/** This reader's own verdicts on this case, or of the blind read; what was drawn is found again by its mask. */
export function earlier(told: Case): Said {
  const rows = told.findings.map((row) => {
    const blind = row.frozen && isEmptyRle(row.frozen) ? "reject" : null;
    return [row.finding, row.verdict ?? blind] as const;
  });
  const known = rows.filter(([, verdict]) => verdict && verdict !== "fix");
  return Object.fromEntries(known.map(([finding, verdict]) => [finding, { verdict: verdict as Verdict, revision: 0 }]));
}

export function earlierRemarks(told: Case): Remarks {
  return Object.fromEntries(told.findings.map((row) => [row.finding, { note: row.note ?? "", flagged: row.flagged }]));
}

/** The verdicts that still hold: who draws on a finding after a verdict has changed their mind. */
export function standing(told: Case, said: Said, revisions: number[]): Verdicts {
  const rows = told.findings.flatMap(({ finding }, bit) => {
    const word = said[finding];
    return word && word.revision === revisions[bit] ? [[finding, word.verdict] as const] : [];
  });
  return Object.fromEntries(rows);
}

/** Whether something is on the screen that the server has not. */
export function isChanged(told: Case, verdicts: Verdicts, remarks: Remarks): boolean {
  const before = earlier(told);
  const written = earlierRemarks(told);
  return told.findings.some(
    ({ finding }) =>
      verdicts[finding] !== before[finding]?.verdict ||
      (remarks[finding]?.note ?? "") !== written[finding]!.note ||
      (remarks[finding]?.flagged ?? false) !== written[finding]!.flagged,
  );
}

/** Whether a finding goes to the server: drawn ones always, others when somebody drew on them or judged them. */
export function isRead(told: Case, state: State, verdicts: Verdicts, bit: number): boolean {
  const finding = told.findings[bit];
  if (told.blind) return Boolean(finding?.drawn); // of the others nothing is shown that could be judged
  return Boolean(finding && (finding.drawn || state.edited[bit] || verdicts[finding.finding]));
}

/** What goes to the server. A fix tells its mask, and what it was made with. */
export function collect(
  told: Case,
  given: Verdicts,
  remarks: Remarks,
  { document, ...editor }: Pick<Editor, "document"> & { state: State },
): Schemas["VerdictIn"][] {
  return told.findings.flatMap(({ finding, shown }, bit) => {
    if (!isRead(told, editor.state, given, bit)) return [];
    // Blind there is nothing to accept: what is not drawn is not there.
    const left = told.blind ? "reject" : "accept";
    const verdict = given[finding] ?? (editor.state.edited[bit] ? "fix" : left);
    const made = verdict === "fix" ? document.history.made(bit) : null;
    const { note, flagged } = remarks[finding] ?? { note: "", flagged: false };
    return [
      {
        finding,
        verdict,
        mask: verdict === "fix" ? { ...document.rle(bit) } : null,
        note: note || null,
        flagged,
        threshold: made?.threshold ?? null,
        adopted: made?.adopted ?? null,
        teacher: made?.teacher ?? null,
        touched_up: made?.touchedUp ?? null,
        shown,
      },
    ];
  });
}
