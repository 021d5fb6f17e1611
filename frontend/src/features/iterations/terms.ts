/** What a launch form holds, and what it declares: what it does not ask for stays as the last launch had it. */

import type { Schemas } from "../../api/client";

export type Design = Pick<
  Schemas["Declaration"],
  "alpha" | "measure" | "fix" | "sentinel" | "holdout" | "min_reads" | "seed"
>;

/** What is filled in. */
export interface Form {
  recipes: string[];
  withhold: string[];
  override: string;
  refresh: boolean;
  thresholds: Schemas["LaunchIn"]["thresholds"];
  teaches: Schemas["Declaration"]["teaches"];
  fix_by: Schemas["Declaration"]["fix_by"];
  design: Design;
}

/** The form before anybody touched it: lasting terms as they were declared, nothing that is meant for one launch. */
export function begunWith({ teaches, fix_by, ...declared }: Schemas["Declaration"]): Form {
  const { alpha, measure, fix, sentinel, holdout, min_reads, seed } = declared;
  return {
    recipes: [],
    withhold: [],
    override: "",
    refresh: false,
    thresholds: "hand",
    teaches,
    fix_by,
    design: { alpha, measure, fix, sentinel, holdout, min_reads, seed },
  };
}

export function declares(form: Form, declared: Schemas["Declaration"]): Schemas["DeclarationIn"] {
  const { design, override, recipes, ...others } = form;
  return { ...declared, ...design, ...others, override: override || null };
}
