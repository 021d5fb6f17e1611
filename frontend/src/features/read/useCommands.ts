import { useRef } from "react";
import { type Offer, offers } from "./Strip";
import { peekAhead } from "./session/ahead";
import { secondsOn } from "./session/pen";
import type { Verdicts } from "./session/types";
import { collect } from "./session/verdicts";
import { type PageActions, useKeys } from "./useKeys";
import type { Panels } from "./usePanels";
import type { Room } from "./useRoom";

/** What the reader may do here, by key or by hand; and where the keys go to be typed in. */
export function useCommands(room: Room, panels: Panels) {
  const { editor, judging, looking, peek, running } = room;
  const { remark, setRemark } = judging;
  const { setHelp, setPalette, setStrip } = panels;
  const note = useRef<HTMLInputElement>(null);
  const slider = useRef<HTMLDivElement>(null);
  const take = (offer: Offer): void => {
    takeOver(room, offer);
    if (offer.mask) setStrip(false); // it has done its work
  };
  const page = {
    // With findings that nobody has looked at, this one is accepted and the next of them comes.
    accept: () => looking.accept(() => save(room, judging.verdicts), judging.acceptOne),
    reject: () => judging.judge("reject"),
    cannotTell: () => judging.judge("cannot_tell"),
    next: () => running.tell({ type: "walk", by: 1 }),
    previous: () => running.tell({ type: "walk", by: -1 }),
    nextFinding: () => visit(room, 1),
    previousFinding: () => visit(room, -1),
    threshold: () => slider.current?.querySelector<HTMLElement>('[role="slider"]')?.focus(),
    strip: () => setStrip((shown) => !shown),
    flag: () => setRemark({ ...remark, flagged: !remark.flagged }),
    note: () => note.current?.focus(),
    palette: () => setPalette(true),
    help: () => setHelp((shown) => !shown),
    cancel: () => {
      setHelp(false);
      setStrip(false);
    },
  } satisfies PageActions;
  const takeDigit = (n: number): boolean => {
    const offer = panels.strip && room.told && editor ? offers(room.told, editor.state().finding)[n] : undefined;
    if (offer) take(offer);
    return panels.strip;
  };
  useKeys(peek ? null : editor, panels.help || panels.palette, peek ? {} : page, takeDigit);
  return { page, take, note, slider };
}

/** Send the read, with these verdicts; the case that lies ready is looked at meanwhile. */
function save({ opened, editor, judging, running }: Room, given: Verdicts): void {
  if (!opened || !editor) return;
  const { told, reader } = opened;
  const read = collect(told, given, judging.remarks, { document: editor.document, state: editor.state() });
  const ahead = peekAhead(reader, told.id)?.told.id ?? null;
  running.tell({ type: "submit", read, given, seconds: secondsOn(opened), ahead });
}

/** Take another's mask over. */
function takeOver({ editor }: Room, { mask, source, teacher }: Offer): void {
  if (!editor || !mask) return;
  if (source === "pseudo") editor.document.reset(editor.state().finding);
  else editor.document.adopt(editor.state().finding, mask, source, teacher);
}

/** Along the findings that are to be read, each in full view. */
function visit({ told, editor }: Room, step: 1 | -1): void {
  if (!told || !editor) return;
  const drawn = told.findings.flatMap((finding, bit) => (finding.drawn ? [bit] : []));
  const now = drawn.indexOf(editor.state().finding);
  const to = drawn.at(now < 0 ? 0 : (now + step) % drawn.length);
  if (to !== undefined) editor.visit(to);
}
