import { Group, NumberInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, need } from "../../api/client";
import { Choice } from "../../components/Choice";
import { findingName, verdictWord } from "../../components/words";
import { compare as t } from "../../texts/compare";
import { type CompareSearch, VERDICTS } from "./search";

interface Props {
  projectId: number;
  findings: string[];
  search: CompareSearch;
  ask: (change: Partial<Record<keyof CompareSearch, unknown>>) => void;
}

/** Which pairs are listed. */
export function Filters({ projectId, findings, search, ask }: Props) {
  const sources = useQuery({
    queryKey: ["sources", projectId],
    queryFn: () =>
      need(api.GET("/api/v1/projects/{project_id}/sources", { params: { path: { project_id: projectId } } })),
  });
  const pools = sources.data?.filter((source) => source.role === "pool") ?? [];
  const all = { value: "", label: t.all };
  return (
    <Group gap="sm" align="end">
      <Choice
        label={t.against}
        value={search.against ?? "public"}
        choose={(value) => ask({ against: value === "read" ? "read" : undefined })}
        data={[
          { value: "public", label: t.publicLabels },
          { value: "read", label: t.reads },
        ]}
      />
      <Choice
        label={t.finding}
        value={search.finding}
        choose={(value) => ask({ finding: value || undefined })}
        data={[all, ...findings.map((value) => ({ value, label: findingName(value) }))]}
      />
      <Choice
        label={t.source}
        value={search.source}
        choose={(value) => ask({ source: Number(value) || undefined })}
        data={[all, ...pools.map((source) => ({ value: String(source.id), label: source.name }))]}
      />
      <Choice
        label={t.verdict}
        value={search.verdict}
        choose={(value) => ask({ verdict: value || undefined })}
        data={[all, ...VERDICTS.map((value) => ({ value, label: value === "unread" ? t.unread : verdictWord(value) }))]}
      />
      <Choice
        label={t.publicLabel}
        value={search.wrong === undefined ? undefined : String(search.wrong)}
        choose={(value) => ask({ wrong: value === "" ? undefined : value === "true" })}
        data={[all, { value: "true", label: t.standsWrong }, { value: "false", label: t.standsRight }]}
      />
      <Dice dice={search.dice} choose={(dice) => ask({ dice })} />
    </Group>
  );
}

/** From which agreement to which; undefined where that is all of them. */
function Dice({ dice, choose }: { dice: string | undefined; choose: (dice: string | undefined) => void }) {
  const [low, high] = (dice ?? "0-1").split("-").map(Number) as [number, number];
  const range = (from: number, to: number): void =>
    choose(from <= 0 && to >= 1 ? undefined : `${from}-${Math.max(from, to)}`);
  return (
    <Group gap={4} align="end">
      {[
        [t.diceFrom, low, (value: number) => range(value, high)] as const,
        [t.diceTo, high, (value: number) => range(low, value)] as const,
      ].map(([label, value, set]) => (
        <NumberInput
          key={label}
          size="xs"
          w={96}
          label={label}
          value={value}
          min={0}
          max={1}
          step={0.1}
          decimalScale={2}
          onChange={(next) => typeof next === "number" && next >= 0 && next <= 1 && set(next)}
        />
      ))}
    </Group>
  );
}
