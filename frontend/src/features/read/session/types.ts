/** What a reading session is about: the case, the work on it, where both are. */

import type { Problem, Schemas } from "../../../api/client";
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
  since: number; // ms of ``attended``: when the reading began, less what was read of it in earlier sittings
}

/** A read on its way to the server. */
export interface Letter {
  key: string; // the Idempotency-Key: sending again can never save twice
  reader: number; // sent under this account only, whoever signs in here next
  caseId: number;
  version: number;
  body: Schemas["ReadIn"];
  draft?: Stamp | null; // what is dropped once the server has this letter
}

/** What became of a letter. */
export type Sent =
  | { state: "saved"; newer: boolean } // newer: the reader has worked on since
  // look: the film is read, by whoever came first, or closed: there both can be seen
  | { state: "sibling"; newer: boolean; look: boolean; why: Schemas["ReadOut"]["why"] }
  | { state: "refused"; problem: Problem }
  | { state: "waiting"; signedOut: boolean };

/** Why nothing can be decided on a case any more. */
export type Final = NonNullable<Case["why"]>;

/** Who else is at the case: another tab that came first or later, a reader who has it now, a read since the draft; or
 * why nothing can be decided on it: the audit was closed, its read is final. */
export type Company = "nobody" | "cameLater" | "elsewhere" | "lost" | "older" | Final;

export type Saving = "none" | "saving" | Sent["state"] | Final;

/** Where the work is when it is not with the server: nowhere, in the browser's store, on this page alone. */
export type Keeping = "nothing" | "kept" | "pageOnly";
