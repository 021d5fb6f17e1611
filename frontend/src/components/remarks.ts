/** What is to be told of a source, in the reader's language. */

import type { Schemas } from "../api/client";
import { remarks, splits } from "../texts/sources";
import { findingName } from "./words";

export function splitName(split: string): string {
  return Object.hasOwn(splits, split) ? splits[split as keyof typeof splits] : split;
}

export function remarkOf({ remark, films, finding, split, names, iteration }: Schemas["SourceNoteOut"]): string {
  const where = split === null ? null : splitName(split);
  const what = finding === null ? "" : findingName(finding);
  if (remark === "alone") return remarks.alone(films);
  if (remark === "one_patient") return remarks.onePatient(films);
  const [film, twin] = names;
  if (remark === "twins") return film && twin ? remarks.twins(films, film, twin) : remarks.twinsUnnamed(films);
  if (remark === "disputed") return remarks.disputed(films);
  if (remark === "beside") return remarks.beside(films, film);
  if (remark === "newer") return remarks.newer(films, iteration ?? 0);
  if (remark === "lettering") return remarks.lettering(films);
  if (remark === "empty") return remarks.empty(where ?? "");
  return remark === "nobody_has" ? remarks.nobodyHere(what, where, films) : remarks.everybodyHere(what, where);
}
