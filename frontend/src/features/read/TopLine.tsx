import type { State } from "../../editor/state";
import { read as t } from "../../texts/read";
import type { Session } from "./session/session";

interface Props extends Pick<Session, "saving" | "company" | "lease" | "signedOut" | "keeping" | "left"> {
  changed: boolean;
  fault: State["fault"];
}

type Tone = "calm" | "good" | "told";

/** What the one line says: the most pressing first, and "Saved" never over work that the server has not. */
export function wordOf({ saving, company, lease, signedOut, changed, keeping, left, fault }: Props): [string, Tone] {
  if (signedOut) return [t.signedOut, "told"];
  if (saving === "refused" || saving === "waiting") return [t[saving], "told"];
  if (saving === "saving") return [t.saving, "calm"];
  if (company !== "nobody") return [t[company], "told"];
  if (saving === "audit-closed" || saving === "read-final")
    return [t[saving === "audit-closed" ? "keptClosed" : "keptFinal"], "told"];
  if (changed && keeping === "pageOnly") return [t.pageOnly, "told"];
  if (lease !== null) return [t.leaseEnds(lease), "told"];
  if (fault) return [t[fault === "canvas" ? "canvasLost" : "rendererLost"], "told"];
  if (changed) return keeping === "kept" ? [t.kept, "calm"] : ["", "calm"];
  if (left) return [t.left(left), "calm"];
  if (saving === "saved") return [t.saved, "good"];
  return saving === "sibling" ? [t.sibling, "told"] : ["", "calm"];
}

const COLORS: Record<Tone, string> = { calm: "var(--quiet)", good: "var(--accent)", told: "#e8b14c" };

/** The one line that says where the work is. */
export function TopLine(props: Props) {
  const [word, tone] = wordOf(props);
  return (
    <output className="told" style={{ color: COLORS[tone] }} title={word === t.kept ? t.keptLong : word}>
      {word}
    </output>
  );
}
