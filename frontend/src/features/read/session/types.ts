/** What a reading session is about: the case, the work on it, where both are. */

import type { Schemas } from "../../../api/client";
import type { Made } from "../../../editor/history";
import type { Rle } from "../../../editor/rle";
import type { Sitting } from "../../../editor/state";

export type Case = Schemas["CaseOut"];
export type Verdict = Schemas["VerdictIn"]["verdict"];
export type Verdicts = Record<string, Verdict>;
export type Said = Record<string, { verdict: Verdict; revision: number }>;
export type Remark = { note: string; flagged: boolean };
export type Remarks = Record<string, Remark>;

/** What a draft is of: one reader's work on one version of one case, on these very pixels and these very masks. */
export interface Place {
  reader: number;
  auditId: number;
  caseId: number;
  version: number;
  sha256: string;
  shown: string; // of the masks that the case shows
}

/** What was done there; findings that nobody touched are not in it. */
export interface Work {
  masks: Record<string, { mask: Rle; made: Made | null }>;
  verdicts: Verdicts;
  remarks: Remarks;
  sitting?: Sitting; // how the reader sat at it; drafts of the first releases tell nothing of that
  seconds: number;
}

export interface Draft extends Place, Work {
  id: string;
  page: string; // two tabs on one case each write their own
  stamp: string; // another for every content of the read
  at: number;
}

/** One content of one draft. */
export type Stamp = Pick<Draft, "id" | "stamp">;

/** A case with what this reader had done on it; saves name ``version``, the one that the work began on. */
export interface Opened {
  told: Case;
  reader: number;
  draft: Draft | null;
  version: number;
}
