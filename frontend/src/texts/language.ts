/**
 * English and Korean from one catalogue, without a library: each text is a pair of one kind (a string, or a function of
 * the same values), so a text that misses a language, or asks for other values in it, does not compile. A library's
 * message format would add some 10 kB to every page and give up those types; Korean has no plural to look up.
 */

import { useSyncExternalStore } from "react";

export type Language = "en" | "ko";
export const LANGUAGES: Record<Language, string> = { en: "English", ko: "한국어" };
const KEPT = "overread.language";

type Spoken = string | ((...values: never[]) => string);
type Kind<T> = T extends string ? string : T;

let current: Language = chosen();
const listeners = new Set<() => void>();

/** What this browser was told before, else what it asks for. */
function chosen(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept === "en" || kept === "ko") return kept;
  return navigator.language.startsWith("ko") ? "ko" : "en";
}

export function setLanguage(language: Language): void {
  current = language;
  localStorage.setItem(KEPT, language);
  for (const listener of listeners) listener();
}

export function language(): Language {
  return current;
}

/** For the root of the pages, which are drawn anew in another language. */
export function useLanguage(): Language {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, language);
}

/** A room's texts, each [English, Korean]; read where they are shown, never kept in a constant of a module. */
export function inBoth<P extends Record<string, readonly [Spoken, Spoken]>>(
  pairs: P & { [K in keyof P]: readonly [Kind<P[K][0]>, Kind<P[K][0]>] },
): { readonly [K in keyof P]: Kind<P[K][0]> } {
  const texts = {} as { [K in keyof P]: Kind<P[K][0]> };
  for (const [key, pair] of Object.entries(pairs)) {
    Object.defineProperty(texts, key, { enumerable: true, get: () => pair[current === "ko" ? 1 : 0] });
  }
  return texts;
}
