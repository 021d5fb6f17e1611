import { Group, Text } from "@mantine/core";
import type { Schemas } from "../../api/client";
import { Figure } from "../../components/Figure";
import { findingName } from "../../components/words";
import { dashboards as t } from "../../texts/dashboards";
import { decisions } from "../../texts/pool";
import { DECISIONS, decidedOf } from "./scores";

const INK = { positive: "var(--good)", uncertain: "var(--unsure)", negative: "var(--none)" } as const;

/** Shares of the pool by decision, stacked, iterations side by side for each finding. */
export function Decided({ rows }: { rows: Schemas["IterationOut"][] }) {
  const bars = decidedOf(rows);
  const findings = [...new Set(bars.map((bar) => bar.finding))];
  return (
    <>
      <Group gap="md">
        {DECISIONS.map((decision) => (
          <Text key={decision} size="xs" span>
            <span className="swatch" style={{ display: "inline-block", background: INK[decision] }} />{" "}
            {decisions[decision]}
          </Text>
        ))}
      </Group>
      <Figure
        label={t.decisions}
        height={220}
        draw={(Plot, width) =>
          Plot.plot({
            width,
            height: 220,
            marginLeft: 44,
            style: { background: "transparent", fontSize: "11px" },
            fx: { domain: findings, label: null, tickFormat: findingName, padding: 0.12 },
            x: { type: "band", label: t.iteration, labelAnchor: "center", padding: 0.25 },
            y: { percent: true, label: `% ${t.films}`, grid: true },
            color: { domain: [...DECISIONS], range: DECISIONS.map((decision) => INK[decision]) },
            marks: [
              Plot.barY(bars, { fx: "finding", x: "iteration", y: "share", fill: "decision", order: [...DECISIONS] }),
            ],
          })
        }
        inputs={[rows]}
        table={{
          columns: [t.iteration, t.finding, t.decision, t.films],
          rows: bars.map((bar) => [
            bar.iteration,
            findingName(bar.finding),
            decisions[bar.decision as keyof typeof decisions],
            bar.count,
          ]),
        }}
      />
    </>
  );
}
