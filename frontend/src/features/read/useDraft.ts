import { useEffect } from "react";
import type { Editor } from "../../editor/editor";
import type { Pen, Sheetful } from "./session/pen";
import type { Keeping } from "./session/types";

const SOON = 200; // ms that a busy page may put the writing off
const REST = 300; // ms after which a view is at rest

/** Have the work written after every gesture, once the view rests, and when the page is left. */
export function useDraft(
  pen: Pen,
  now: Sheetful & { editor: Editor | null },
  changed: boolean,
  keeping: Keeping,
): void {
  pen.hold(now);
  const { opened, editor } = now;
  const { content } = pen;
  useEffect(() => {
    if (!opened || !content || !(changed || pen.knows(opened))) return; // nothing was done here yet
    return soon(() => void pen.write());
  }, [pen, opened, content, changed]);
  useRest(pen, editor);
  useLeaving(pen);
  useAsking(keeping === "pageOnly" && changed);
}

/** The page does not hear of every pan and zoom; once they rest, where they rest is kept. */
function useRest(pen: Pen, editor: Editor | null): void {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = editor?.onView(() => {
      clearTimeout(timer);
      timer = setTimeout(() => void pen.write(), REST);
    });
    return () => {
      clearTimeout(timer);
      stop?.();
    };
  }, [pen, editor]);
}

/** What was drawn in the last moment is kept too. */
function useLeaving(pen: Pen): void {
  useEffect(() => {
    const atOnce = (): void => void pen.write();
    addEventListener("pagehide", atOnce);
    document.addEventListener("visibilitychange", atOnce);
    return () => {
      atOnce();
      removeEventListener("pagehide", atOnce);
      document.removeEventListener("visibilitychange", atOnce);
    };
  }, [pen]);
}

/** Where nothing outlives the page, it asks before it goes. */
function useAsking(asks: boolean): void {
  useEffect(() => {
    if (!asks) return;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [asks]);
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
