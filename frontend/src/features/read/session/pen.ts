/** What writes the drafts of a sitting: one after another, each once, into the place of the one before. */

import { attended } from "../../../components/attended";
import type { Editor } from "../../../editor/editor";
import type { State } from "../../../editor/state";
import { forget, keep, newName, shownOf } from "./drafts";
import type { Keeping, Opened, Place, Remarks, Stamp, Verdicts, Work } from "./types";
import { isChanged } from "./verdicts";

type Marks = Pick<State, "touched" | "revisions">;

/** What it needs to know of an editor. */
export interface Drawn extends Pick<Editor, "document" | "sitting"> {
  state(): Marks;
}

/** What is on the screen. */
export interface Sheetful {
  opened: Opened | null;
  editor: Drawn | null;
  state: Marks | null; // as the page heard of it: a gesture may be newer
  verdicts: Verdicts;
  remarks: Remarks;
}

/** A sheetful of which there is something to tell. */
type Written = { opened: Opened; editor: Drawn; state: Marks; verdicts: Verdicts; remarks: Remarks };

/** The hand that writes the drafts of one opening: what it wrote last, and the draft whose place the next one takes. */
interface Hand {
  of: Opened | null;
  name: string; // two openings' contents are never the same
  wrote: string;
  from: string | null;
  last: Promise<Stamp | null>;
}

export class Pen {
  private now: Sheetful = { opened: null, editor: null, state: null, verdicts: {}, remarks: {} };
  private hand = handFor(null);

  constructor(private readonly kept: (keeping: Keeping) => void) {}

  /** What is to be written, when it is. */
  hold(now: Sheetful): void {
    this.now = now;
  }

  /** Whether it has written of this opening. */
  knows(opened: Opened): boolean {
    return this.hand.of === opened;
  }

  /** What the page heard of the read, and where the reader is at it; empty before a film is there. */
  get content(): string {
    const { opened, editor, state, verdicts, remarks } = this.now;
    return opened && editor && state ? contentOf({ opened, editor, state, verdicts, remarks }) : "";
  }

  /** Whether something is on the screen that the server has not. */
  get changed(): boolean {
    const written = this.written(this.now.verdicts);
    return written !== null && isWork(written);
  }

  /** Keep what is there now, with verdicts just given; tells what it wrote, null where there is no work to keep. */
  write(given: Verdicts = this.now.verdicts): Promise<Stamp | null> {
    if (this.hand.of !== this.now.opened) this.hand = handFor(this.now.opened);
    const { hand } = this;
    const written = this.written(given);
    const content = written && contentOf(written);
    if (!written || !content || hand.wrote === content) return hand.last;
    hand.wrote = content;
    const work = isWork(written) ? { ...placeOf(written.opened), ...workOf(written) } : null;
    const stamp = `${hand.name} ${readOf(written)}`;
    hand.last = hand.last.then(() => (work ? this.keep(hand, { ...work, stamp }) : this.forget(hand)));
    return hand.last;
  }

  private async keep(hand: Hand, draft: Parameters<typeof keep>[0]): Promise<Stamp> {
    const { id, stored } = await keep(draft, hand.from);
    hand.from = id;
    this.kept(stored ? "kept" : "pageOnly");
    return { id, stamp: draft.stamp };
  }

  private async forget(hand: Hand): Promise<null> {
    if (hand.from) await forget(hand.from);
    hand.from = null;
    this.kept("nothing");
    return null;
  }

  /** With the masks as they are now: the page may not have heard of the last gesture yet. */
  private written(verdicts: Verdicts): Written | null {
    const { opened, editor, remarks } = this.now;
    return opened && editor && { opened, editor, state: editor.state(), verdicts, remarks };
  }
}

function handFor(of: Opened | null): Hand {
  return { of, name: newName(), wrote: "", from: of?.draft?.id ?? null, last: Promise.resolve(null) };
}

function isWork({ opened, state, verdicts, remarks }: Written): boolean {
  return state.touched.some(Boolean) || isChanged(opened.told, verdicts, remarks);
}

/** What tells one read from another, without looking at the masks. */
function readOf({ opened, state, verdicts, remarks }: Written): string {
  const words = opened.told.findings.map(({ finding }) => [verdicts[finding], remarks[finding]]);
  return JSON.stringify([state.revisions, words]);
}

/** The read, and where the reader is at it. */
function contentOf(written: Written): string {
  return JSON.stringify([readOf(written), written.editor.sitting()]);
}

function placeOf({ told, reader, version }: Opened): Place {
  const { audit_id: auditId, id: caseId, image } = told;
  return { reader, auditId, caseId, version, sha256: image.sha256, shown: shownOf(told) };
}

function workOf({ opened, editor, state, verdicts, remarks }: Written): Work {
  const { document } = editor;
  const touched = opened.told.findings.flatMap(({ finding }, bit) =>
    state.touched[bit] ? [[finding, { mask: document.rle(bit), made: document.history.made(bit) }] as const] : [],
  );
  return {
    masks: Object.fromEntries(touched),
    verdicts,
    remarks,
    sitting: editor.sitting(),
    seconds: secondsOn(opened),
  };
}

/** How long a case has been read, over all its sittings; pauses are not counted. */
export function secondsOn({ since }: Opened): number {
  return (attended.now() - since) / 1000;
}
