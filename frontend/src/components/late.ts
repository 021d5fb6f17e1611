/** Whose a late save is, from when, and what it says, in one line. */

import type { Schemas } from "../api/client";
import { language } from "../texts/language";
import { siblings as t } from "../texts/siblings";
import { verdictWord } from "./words";

export function lateWord({ mine, reader, created_at, verdict }: Schemas["SiblingOut"]): string {
  const when = new Date(created_at).toLocaleString(language(), { dateStyle: "medium", timeStyle: "short" });
  return [mine ? t.yours : reader, when, verdictWord(verdict)].join(" · ");
}
