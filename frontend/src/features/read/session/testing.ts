/** Cases and drafts as tests need them. */

import { attended } from "../../../components/attended";
import type { Case, Draft, Opened } from "./types";

type Finding = Case["findings"][number];

export function findingOf(changes: Partial<Finding> = {}): Finding {
  return {
    finding: "nodule",
    drawn: true,
    decision: "positive",
    presence: 0.9,
    agreement: 0.8,
    pseudo: { size: [4, 4], counts: "04" },
    members: [],
    boxes: [],
    teachers: [],
    public: null,
    previous: null,
    verdict: null,
    note: null,
    flagged: false,
    read: null,
    frozen: null,
    shown: null,
    others: [],
    siblings: [],
    ...changes,
  };
}

export function caseOf(id: number, changes: Partial<Case> = {}): Case {
  return {
    id,
    audit_id: 3,
    position: id,
    image: {
      id,
      file_name: `film${id}.png`,
      sha256: "a",
      width: 4,
      height: 4,
      bits: 8,
      split: "pool",
      row_spacing_mm: null,
      column_spacing_mm: null,
      view: null,
      sex: null,
      age: null,
    },
    labelling_id: 2,
    tau_mask: 0.5,
    blind: false,
    why: null,
    fence: 1,
    version: 0,
    done: false,
    lease_seconds: 600,
    findings: [findingOf()],
    ...changes,
  };
}

export function draftOf(changes: Partial<Draft>): Draft {
  const place = { reader: 1, auditId: 3, caseId: 7, version: 0, sha256: "a", shown: "m" };
  return {
    ...place,
    masks: {},
    verdicts: {},
    remarks: {},
    seconds: 0,
    id: "d",
    page: "p",
    stamp: "s",
    at: 0,
    ...changes,
  };
}

export function openedOf(told: Case, draft: Draft | null = null): Opened {
  return { told, reader: 1, draft, version: draft?.version ?? told.version, since: attended.now() };
}
