/** Why an iteration's scores rose or fell, as the server tells it, turned into points and words. */

import type { Schemas } from "../../api/client";
import { findingName, share, verdictWord } from "../../components/words";
import { dashboards } from "../../texts/dashboards";
import { decisions } from "../../texts/pool";
import { why as t, unlikes } from "../../texts/why";
import type { Dot } from "./scores";

export type Told = Schemas["WhyOut"];
export type MovedFilm = Schemas["MovedFilmOut"];
type Metric = Schemas["ScoreOfBothOut"]["metric"];

/** Both iterations' values of a score, by finding, the earlier first. */
export function dotsOfBoth({ scores, before, iteration }: Told, metric: Metric): Dot[] {
  return scores
    .filter((one) => one.metric === metric)
    .flatMap((one) => [dotOf(before.index, one.finding, one.before), dotOf(iteration.index, one.finding, one.after)]);
}

function dotOf(iteration: number, finding: string, { value, interval }: Schemas["ScoredOut"]): Dot {
  const [low, high] = interval ?? [value, value];
  return { iteration, finding, value, low: low!, high: high! };
}

export function scoreOfBoth({ finding, before, after }: Schemas["ScoreOfBothOut"]): string {
  return t.ofBoth(findingName(finding), share(before.value, 2), share(after.value, 2));
}

export function unlikeSentence({ what, finding, before, after }: Schemas["UnlikeOut"]): string {
  if (what === "code") return unlikes.code;
  if (what === "test-split") return unlikes[what](splits(before), splits(after));
  if (what === "test-films") return unlikes[what](before, after, findingName(finding));
  if (what === "test-masks") return unlikes[what](after, findingName(finding));
  return unlikes[what](before, after);
}

/** "development + external" in the reader's language. */
function splits(names: string): string {
  return names
    .split(" + ")
    .map((name) => (name === "external" || name === "development" ? dashboards[name] : name))
    .join(" + ");
}

/** Whom targets of a training set come from. */
export function originOf({ kind, source, iteration, stream, verdict, decision }: Schemas["EnteredOut"]): string {
  if (kind === "reference") return t.references(source ?? "");
  if (kind === "read") return t.reads(iteration ?? 0, stream ?? "–", verdict ? verdictWord(verdict) : "–");
  return t.labels(iteration ?? 0, decision ? decisions[decision] : "–");
}

/** How near both masks are to people's; where both of two mark nothing there is no Dice, and nothing is wrong. */
export function nearness({ dice_before, dice_after }: MovedFilm): string {
  return t.dice(
    ...([dice_before, dice_after].map((dice) => (dice === null ? t.rightlyEmpty : share(dice, 2))) as [string, string]),
  );
}

/** +0.12 [−0.03, 0.27] */
export function gainOf({ gain, low, high }: Schemas["MovedGroupOut"]): string {
  const interval = low === null || high === null ? "" : ` [${signed(low)}, ${signed(high)}]`;
  return `${signed(gain)}${interval}`;
}

export function signed(value: number): string {
  const spelt = Math.abs(value).toFixed(2);
  return spelt === "0.00" ? spelt : `${value < 0 ? "−" : "+"}${spelt}`;
}
