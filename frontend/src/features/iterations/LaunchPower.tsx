import { Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, need, type Schemas } from "../../api/client";
import { findingName, percent } from "../../components/words";
import { power as t } from "../../texts/power";

const ERRORS = ["0", "0.02", "0.05"];
const WIDTH = 118;

/** What the audit of this launch could show, before anybody reads: its gate's chances, and what the reads cost. */
export function LaunchPower({ projectId, body }: { projectId: number; body: Schemas["DeclarationIn"] }) {
  const [error, setError] = useState("0.02");
  const [asked] = useDebouncedValue(body, 300);
  const answer = useQuery({
    queryKey: ["power", projectId, error, asked],
    queryFn: () =>
      need(
        api.POST("/api/v1/projects/{project_id}/power", {
          params: { path: { project_id: projectId }, query: { error: Number(error) } },
          body: asked,
        }),
      ),
    placeholderData: (before) => before,
  });
  const found = answer.data;
  return (
    <Stack gap={4}>
      <Group gap="xs">
        <Text size="xs">{t.title}</Text>
        <SegmentedControl
          size="xs"
          aria-label={t.assumed}
          value={error}
          onChange={setError}
          data={ERRORS.map((value) => ({ value, label: percent(Number(value)) }))}
        />
      </Group>
      {found?.findings.map((row) => (
        <Row key={row.finding} row={row} />
      ))}
      {found && (
        <Text size="xs" c={found.holdout && found.holdout.chance >= 0.5 ? "dimmed" : "orange"}>
          {found.holdout
            ? t.holdout(
                found.holdout.patients,
                share(found.holdout.shown),
                share(found.holdout.margin),
                percent(found.holdout.chance),
              )
            : t.noHoldout}
        </Text>
      )}
      {found && (
        <Text size="xs" c="dimmed">
          {t.trust(found.plants, percent(found.trust))} {t.cost(found.reads, Math.round(found.minutes))}
        </Text>
      )}
    </Stack>
  );
}

function share(value: number): string {
  return value.toFixed(2);
}

/** A finding: the chance that its clause passes, drawn, and the reads that would do. */
function Row({ row }: { row: Schemas["FindingPowerOut"] }) {
  const poor = row.chance < 0.8;
  const name = findingName(row.finding);
  return (
    <Group gap="sm" wrap="nowrap">
      <svg width={WIDTH} height={10} style={{ flex: "none" }} role="img" aria-label={t.bar(name, percent(row.chance))}>
        <rect width={WIDTH} height={10} fill="var(--line)" rx={2} />
        <rect width={WIDTH * row.chance} height={10} fill={poor ? "var(--bad)" : "var(--good)"} rx={2} />
      </svg>
      <Text size="xs" c="dimmed">
        {t.chance(name, percent(row.chance), row.reads, percent(row.half_width))}{" "}
        {row.enough === null ? t.never : poor ? t.enough(row.enough) : ""}
      </Text>
    </Group>
  );
}
