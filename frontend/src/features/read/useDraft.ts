import { useCallback, useEffect, useRef, useState } from "react";
import type { Editor } from "../../editor/editor";
import type { State } from "../../editor/state";
import { forget, keep, newName, shownOf } from "./session/drafts";
import type { Opened, Place, Remarks, Stamp, Verdicts, Work } from "./session/types";
import { isChanged } from "./session/verdicts";

/** Where the work is when it is not with the server: nowhere, in the browser's store, on this page alone. */
export type Keeping = "nothing" | "kept" | "pageOnly";

interface Now {
  opened: Opened | null;
  editor: Editor | null;
  state: State | null;
  verdicts: Verdicts;
  remarks: Remarks;
  changed: boolean;
  seconds: () => number;
}

/** The hand that writes the drafts of one opening: what it wrote last, and the draft whose place the next one takes. */
interface Pen {
  of: Opened | null;
  name: string;
  wrote: string;
  from: string | null;
  last: Promise<Stamp | null>;
}

const SOON = 200; // ms that a busy page may put the writing off
const REST = 300; // ms after which a view is at rest

/** Keep the work after every gesture; ``write`` does so at once, with verdicts just given, and tells what it wrote. */
export function useDraft(now: Now): { keeping: Keeping; write: (verdicts?: Verdicts) => Promise<Stamp | null> } {
  const [keeping, setKeeping] = useState<Keeping>("nothing");
  const latest = useRef(now);
  latest.current = now;
  const pen = useRef<Pen>(penFor(null));
  const { opened, state, changed } = now;

  const write = useCallback((given?: Verdicts): Promise<Stamp | null> => {
    const verdicts = given ?? latest.current.verdicts;
    const { opened, editor, remarks } = latest.current;
    const state = editor?.state() ?? null; // as it is now: the page may not have heard of the last gesture yet
    const now = { ...latest.current, verdicts, state };
    if (pen.current.of !== opened) pen.current = penFor(opened);
    const mine = pen.current;
    const content = opened && state ? contentOf(now) : "";
    if (!opened || !editor || !content || mine.wrote === content) return mine.last;
    mine.wrote = content;
    const changed = state?.touched.some(Boolean) || isChanged(opened.told, verdicts, remarks);
    const work = changed ? workOf(now) : null;
    const stamp = `${mine.name} ${readOf(now)}`;
    mine.last = mine.last.then(async () => {
      if (!work) {
        if (mine.from) await forget(mine.from);
        mine.from = null;
        setKeeping("nothing");
        return null;
      }
      const { id, stored } = await keep({ ...placeOf(opened), ...work, stamp }, mine.from);
      mine.from = id;
      setKeeping(stored ? "kept" : "pageOnly");
      return { id, stamp };
    });
    return mine.last;
  }, []);

  const content = opened && state ? contentOf(now) : "";
  // biome-ignore lint/correctness/useExhaustiveDependencies: written again when the content is another
  useEffect(() => {
    if (!opened || !state) return;
    if (!changed && pen.current.of !== opened) return setKeeping("nothing"); // nothing was done here yet
    return soon(() => void write());
  }, [opened, content, changed, write]);

  // The page does not hear of every pan and zoom; once they rest, where they rest is kept.
  const { editor } = now;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = editor?.onView(() => {
      clearTimeout(timer);
      timer = setTimeout(() => void write(), REST);
    });
    return () => {
      clearTimeout(timer);
      stop?.();
    };
  }, [editor, write]);

  useEffect(() => {
    const atOnce = (): void => void write();
    addEventListener("pagehide", atOnce);
    document.addEventListener("visibilitychange", atOnce);
    return () => {
      atOnce(); // the page is left: what was drawn in the last moment too
      removeEventListener("pagehide", atOnce);
      document.removeEventListener("visibilitychange", atOnce);
    };
  }, [write]);

  // Where nothing outlives the page, it asks before it goes.
  useEffect(() => {
    if (keeping !== "pageOnly" || !changed) return;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [keeping, changed]);

  return { keeping, write };
}

function penFor(of: Opened | null): Pen {
  return { of, name: newName(), wrote: "", from: of?.draft?.id ?? null, last: Promise.resolve(null) };
}

/** What tells one read from another, without looking at the masks. */
function readOf({ opened, state, verdicts, remarks }: Now): string {
  const words = opened!.told.findings.map(({ finding }) => [verdicts[finding], remarks[finding]]);
  return JSON.stringify([state!.revisions, words]);
}

/** The read, and where the reader is at it. */
function contentOf(now: Now): string {
  return JSON.stringify([readOf(now), now.editor?.sitting()]);
}

function placeOf({ told, reader, version }: Opened): Place {
  const { audit_id: auditId, id: caseId, image } = told;
  return { reader, auditId, caseId, version, sha256: image.sha256, shown: shownOf(told) };
}

function workOf({ opened, editor, state, verdicts, remarks, seconds }: Now): Work {
  const { document } = editor!;
  const touched = opened!.told.findings.flatMap(({ finding }, bit) =>
    state!.touched[bit] ? [[finding, { mask: document.rle(bit), made: document.history.made(bit) }] as const] : [],
  );
  return {
    masks: Object.fromEntries(touched),
    verdicts,
    remarks,
    sitting: editor!.sitting(),
    seconds: seconds(),
  };
}

/** When the page has a moment, and soon in any case: the frame that shows the stroke comes first. */
function soon(work: () => void): () => void {
  if (!("requestIdleCallback" in globalThis)) {
    const timer = setTimeout(work, SOON / 4);
    return () => clearTimeout(timer);
  }
  const handle = requestIdleCallback(work, { timeout: SOON });
  return () => cancelIdleCallback(handle);
}
