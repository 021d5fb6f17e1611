import type { Schemas } from "../../api/client";
import { roles, roleWords } from "../../texts/people";

export type Role = Schemas["RoleIn"]["role"];
/** The one with the fewest rights first: it is what a form begins with. */
export const ROLES = ["reader", "engineer", "admin"] as const satisfies readonly Role[];

/** What a select offers; told at length where there is room for it. */
export function roleChoices(told: boolean): { value: Role; label: string }[] {
  return ROLES.map((value) => ({ value, label: told ? `${roles[value]}: ${roleWords[value]}` : roles[value] }));
}
