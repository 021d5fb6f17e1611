import { arms, questions, readers } from "../../texts/promise";

/** An arm as people read it: "overread@4-noisy" is its kind, its budget and its reader. */
export function armName(arm: string): string {
  const [, kind = arm, budget, reader] = /^([a-z-]+?)(?:@(\d+))?(?:-(noisy|anchored))?$/.exec(arm) ?? [];
  const own = Object.hasOwn(arms, kind) ? arms[kind as keyof typeof arms] : kind;
  const parts = [own, budget && `${budget}%`, reader && readers[reader as keyof typeof readers]];
  return parts.filter(Boolean).join(", ");
}

/** A table's question: its title, and the budget where it names one. */
export function questionOf(title: string): string {
  const [, kind = title, budget] = /^(.*?)(?:,? at (\d+) %)?$/.exec(title) ?? [];
  const own = Object.hasOwn(questions, kind) ? questions[kind as keyof typeof questions] : kind;
  return budget ? `${own}, ${budget}%` : own;
}

/** The kind of an arm with perfect readers and a budget; null of any other. */
export function kindOf(arm: string): string | null {
  return /^([a-z-]+)@\d+$/.exec(arm)?.[1] ?? null;
}
