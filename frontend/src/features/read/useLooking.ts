import { useEffect, useRef, useState } from "react";
import type { Editor } from "../../editor/editor";
import type { State } from "../../editor/state";
import type { Peek } from "./session/ahead";
import { Looking, MOMENT, step } from "./session/looking";
import type { Opened, Verdicts } from "./session/types";

interface Now {
  opened: Opened | null;
  editor: Editor | null;
  state: State | null;
  verdicts: Verdicts;
  peek: Peek | null;
  locked: boolean; // an answer is awaited: nothing is accepted meanwhile
}

/**
 * What acceptance would do now, and how many findings it would come to first. A film that was shown ahead has been on
 * the screen since then.
 */
export function useLooking({ opened, editor, state, verdicts, peek, locked }: Now) {
  const [, again] = useState(0);
  const peeked = useRef<{ id: number; at: number } | null>(null);
  const kept = useRef<{ of: Opened; looking: Looking } | null>(null);
  if (peek && peeked.current?.id !== peek.told.id) peeked.current = { id: peek.told.id, at: performance.now() };
  if (opened && state && !peek && kept.current?.of !== opened) {
    const ahead = peeked.current?.id === opened.told.id ? peeked.current.at : performance.now();
    kept.current = { of: opened, looking: new Looking(ahead) };
    peeked.current = null;
  }
  const looking = state && !peek && kept.current?.of === opened ? kept.current.looking : null;
  if (looking && state) looking.tell(state);

  // The page hears that a mask has been there for a moment.
  const chosen = state?.finding;
  const seen = state?.visible.join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: counted anew with what is on the screen
  useEffect(() => {
    const timer = setTimeout(() => again((n) => n + 1), MOMENT + 20);
    return () => clearTimeout(timer);
  }, [looking, chosen, seen]);

  /** By the state of this very moment: the page may not have heard of the last key yet. */
  const accept = (save: () => void, acceptOne: () => void): void => {
    if (!looking || !opened || !editor || locked) return;
    const now = editor.state();
    looking.tell(now);
    const next = step(looking.left(opened.told.findings, now, verdicts), now.finding, looking.fresh);
    if (next.does === "save") save();
    if (next.does !== "visit") return;
    acceptOne();
    editor.setFinding(next.bit);
  };
  const left = looking && opened && state ? looking.left(opened.told.findings, state, verdicts) : [];
  const ready = Boolean(!locked && looking && !looking.fresh && state && !left.includes(state.finding));
  return { accept, ready, left: left.filter((bit) => bit !== state?.finding) };
}
