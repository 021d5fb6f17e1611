/** The form of an import: what somebody fills in, what is sent, and whether that is what a preview was asked. */

import type { Schemas } from "../../api/client";

export type Asked = Schemas["AskedOut"];
type Options = Asked["options"];
export type Split = "train" | "development" | "external";
export const SPLITS: Split[] = ["train", "development", "external"];

export interface Form {
  reader: string;
  path: string;
  role: Asked["role"];
  name: string;
  licence: string;
  namespace: string;
  /** Whole percents. */
  shares: Record<Split, number>;
  /** The source's own name → one of our findings, or "" where it is left out; only what somebody said. */
  names: Record<string, string>;
  /** What else was said: the reader's options, and codes of findings. */
  options: Options;
}

export const EMPTY: Form = {
  reader: "folder",
  path: "",
  role: "labelled",
  name: "",
  licence: "",
  namespace: "",
  shares: { train: 80, development: 20, external: 0 },
  names: {},
  options: {},
};

export function sumOf(shares: Form["shares"]): number {
  return SPLITS.reduce((sum, split) => sum + shares[split], 0);
}

/** The form with another folder; a source that nobody has named is called after it. */
export function inFolder(form: Form, path: string): Pick<Form, "path" | "name"> {
  const named = form.name !== "" && form.name !== calledAfter(form.path);
  return { path, name: named ? form.name : calledAfter(path) };
}

function calledAfter(path: string): string {
  return (path.split("/").pop() ?? "").slice(0, 100);
}

/** What is sent. */
export function bodyOf(form: Form, needsFolder: boolean): Asked {
  const options: Options = { ...form.options };
  if (form.role === "labelled" && !alike(form.shares, EMPTY.shares)) {
    options.shares = Object.fromEntries(
      SPLITS.filter((split) => form.shares[split] > 0).map((split) => [split, form.shares[split] / 100]),
    );
  }
  if (Object.keys(form.names).length) options.names = form.names;
  return {
    name: form.name.trim(),
    reader: form.reader,
    role: form.role,
    licence: form.licence.trim() || "not stated",
    path: needsFolder ? form.path : null,
    namespace: form.namespace.trim() || null,
    options,
  };
}

/** The form as it was when this was asked. */
export function formOf({ options, ...asked }: Asked): Form {
  const { shares, names, ...others } = options;
  const given = (shares ?? {}) as Partial<Record<Split, number>>;
  const percents = SPLITS.map((split) => [split, Math.round(100 * (given[split] ?? 0))]);
  return {
    ...asked,
    path: asked.path ?? "",
    namespace: asked.namespace ?? "",
    shares: shares ? (Object.fromEntries(percents) as Form["shares"]) : EMPTY.shares,
    names: (names ?? {}) as Form["names"],
    options: others,
  };
}

/** Whether two say the same, in whatever order. */
export function alike(one: unknown, other: unknown): boolean {
  return spelt(one) === spelt(other);
}

function spelt(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    part !== null && typeof part === "object" && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
