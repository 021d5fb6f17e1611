import "./Interval.css";
import type { Schemas } from "../../api/client";
import { percent } from "../../components/words";
import { trust as t } from "../../texts/app";

/** A share's exact interval as a bar on 0–100 %, its value as a mark; in words for who does not see it. */
export function Interval({ told, name }: { told: Schemas["ShareOut"]; name: string }) {
  if (told.n === 0) return <span className="quiet">–</span>;
  const words = t.between(percent(told.low), percent(told.high));
  return (
    <span className="interval" role="img" aria-label={`${name}: ${words}`} title={words}>
      <span style={{ left: `${told.low * 100}%`, width: `${Math.max(1, (told.high - told.low) * 100)}%` }} />
      <b style={{ left: `${(told.value ?? 0) * 100}%` }} />
    </span>
  );
}
