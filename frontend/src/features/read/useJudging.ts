import { useState } from "react";
import type { Editor } from "../../editor/editor";
import type { State } from "../../editor/state";
import type { Opened, Remark, Remarks, Said, Verdict } from "./session/types";
import { earlier, earlierRemarks, isChanged, isRead, standing } from "./session/verdicts";

interface Words {
  of: Opened | null; // words belong to one opening of one case
  said: Said;
  remarks: Remarks;
}

/** What the reader says of the case at hand: verdicts, notes and flags, from where they were left. */
export function useJudging(opened: Opened | null, editor: Editor | null, state: State | null, locked: boolean) {
  const [kept, setKept] = useState<Words>({ of: null, said: {}, remarks: {} });
  const words = kept.of === opened ? kept : begin(opened);
  const { said, remarks } = words;
  const told = opened?.told ?? null;
  const verdicts = told && state ? standing(told, said, state.revisions) : {};
  const changed = Boolean(told && state && (state.touched.some(Boolean) || isChanged(told, verdicts, remarks)));
  const say = (next: Said): void => setKept({ ...words, said: next });

  /** Say of the chosen finding, and go on to one that nothing was said of; the same word again takes it back. */
  const judge = (verdict: Verdict): void => {
    const bit = editor?.state().finding ?? 0;
    const finding = told?.findings[bit]?.finding;
    if (!editor || !told || !finding || locked) return;
    const { [finding]: before, ...others } = verdicts;
    if (before === verdict) {
      const { [finding]: _, ...rest } = said;
      say(rest);
      return;
    }
    say({ ...said, [finding]: { verdict, revision: editor.state().revisions[bit]! } });
    const { edited } = editor.state();
    const left = told.findings.findIndex(
      (other, i) => other.drawn && i !== bit && !others[other.finding] && !edited[i],
    );
    if (left >= 0) editor.setFinding(left);
  };

  /** Accept the chosen finding's mask as it stands, unless something was said of it or drawn on it. */
  const acceptOne = (): void => {
    const now = editor?.state();
    const finding = now && told?.findings[now.finding];
    if (!now || !finding?.drawn || told?.blind || verdicts[finding.finding] || now.edited[now.finding]) return;
    say({ ...said, [finding.finding]: { verdict: "accept", revision: now.revisions[now.finding]! } });
  };

  const active = (state && told?.findings[state.finding]?.finding) || null;
  const remark = (active && remarks[active]) || { note: "", flagged: false };
  const remarkable = Boolean(told && state && isRead(told, state, verdicts, state.finding));
  const setRemark = (next: Remark): void => {
    if (active && remarkable) setKept({ ...words, remarks: { ...remarks, [active]: next } });
  };

  return { verdicts, remarks, changed, judge, acceptOne, active, remark, remarkable, setRemark };
}

function begin(opened: Opened | null): Words {
  if (!opened) return { of: null, said: {}, remarks: {} };
  const { told, draft } = opened;
  const verdicts = Object.entries(draft?.verdicts ?? {}).map(([finding, verdict]) => [
    finding,
    { verdict, revision: 0 },
  ]);
  const said: Said = draft ? Object.fromEntries(verdicts) : earlier(told);
  return { of: opened, said, remarks: draft?.remarks ?? earlierRemarks(told) };
}
