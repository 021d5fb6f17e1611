import type { Schemas } from "../../api/client";
import { arms, claims, questions, readers, promise as t, tasks } from "../../texts/promise";

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

/** A claim in words, its number in its unit, and its target: changes of a score in points, shares in percent. */
export function claimOf({ name, value, target, least, strict }: Schemas["PromiseGoalOut"]) {
  const [, task = "", kind = name, budget, end] =
    /^(easy|hard|people)-(.*?)(?:-at-(\d+))?(-low|-high)?$/.exec(name) ?? [];
  const own = Object.hasOwn(claims, kind) ? claims[kind as keyof typeof claims] : null;
  const spelt = (one: number): string => {
    if (end) return (100 * one).toFixed(1).replace("-", "−");
    return kind.startsWith("minutes") ? one.toFixed(2) : `${(100 * one).toFixed(0)}%`;
  };
  const sign = strict ? (least ? ">" : "<") : least ? "≥" : "≤";
  return {
    words: own ? `${tasks[task as keyof typeof tasks]}: ${own}${budget ? `, ${budget}%` : ""}` : name,
    value: value === null ? "–" : end ? t.inPointsOf(spelt(value)) : spelt(value),
    target: `${sign} ${spelt(target)}`,
  };
}
