import { Button, Group, NativeSelect, SegmentedControl, Stack, Switch, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, need, type Schemas } from "../../api/client";
import { PageHead } from "../../components/PageHead";
import { Empty, Failed, Fetched } from "../../components/States";
import { findingName, percent } from "../../components/words";
import { COLORS } from "../../editor/state";
import { decisions, orders, pool as t } from "../../texts/pool";
import { FixList } from "./FixList";
import { Histogram } from "./Histogram";
import { Wall } from "./Wall";
import { DECISIONS, ORDERS, useWall, type WallSearch } from "./wall";

/** The whole pool by one finding: look, narrow down, choose what is to be read. */
export function Pool() {
  const { iterationId } = useParams({ from: "/shell/iterations/$iterationId/pool" });
  const iteration = useQuery({
    queryKey: ["iteration", Number(iterationId)],
    queryFn: () =>
      need(api.GET("/api/v1/iterations/{iteration_id}", { params: { path: { iteration_id: Number(iterationId) } } })),
  });
  return <Fetched query={iteration}>{(told) => <Explorer iteration={told} />}</Fetched>;
}

function Explorer({ iteration }: { iteration: Schemas["IterationDetail"] }) {
  const search = useSearch({ from: "/shell/iterations/$iterationId/pool" });
  const navigate = useNavigate();
  const [masks, setMasks] = useState(true);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const findings = Object.keys(iteration.decisions);
  const finding = search.finding ?? findings[0] ?? "";
  const { query, wall, histograms } = useWall(iteration.id, finding, search);
  const color = COLORS[Math.max(0, findings.indexOf(finding))]!;
  const ask = (change: WallSearch): void => void navigate({ to: ".", search: { ...search, ...change } as never });
  const choose = (labels: number[], on: boolean): void =>
    setChosen((before) => {
      const after = new Set(before);
      for (const label of labels) on ? after.add(label) : after.delete(label);
      return after;
    });
  if (!findings.length) return <Empty title={t.nothingLabelled}>{t.nothingLabelledWhy}</Empty>;
  return (
    <Stack gap="sm">
      <PageHead title={t.title}>
        <Link to="/projects/$projectId" params={{ projectId: String(iteration.project_id) }} className="back quiet">
          {t.iteration(iteration.index)}
        </Link>
        <Text size="sm" c="dimmed" component="output">
          {wall.data && t.films(wall.data.total)}
        </Text>
      </PageHead>
      <SegmentedControl
        size="xs"
        aria-label={t.finding}
        value={finding}
        onChange={(value) => ask({ finding: value, area: undefined, presence: undefined, changed: undefined } as never)}
        data={findings.map((value) => ({ value, label: findingName(value) }))}
      />
      <Filters iteration={iteration} search={search} ask={ask} masks={masks} onMasks={setMasks} />
      {histograms.error && <Failed error={histograms.error} retry={() => void histograms.refetch()} />}
      {histograms.data && (
        <Group grow align="start" gap="xl">
          <Histogram
            label={t.confidence}
            bins={histograms.data.presence}
            range={search.presence}
            spell={percent}
            onRange={(presence) => ask({ presence } as never)}
          />
          <Histogram
            label={t.area}
            bins={histograms.data.area}
            range={search.area}
            spell={(edge) => edge.toLocaleString()}
            onRange={(area) => ask({ area } as never)}
          />
          {histograms.data.changed.length > 0 && (
            <Histogram
              label={t.changed}
              bins={histograms.data.changed}
              range={search.changed}
              spell={percent}
              onRange={(changed) => ask({ changed } as never)}
            />
          )}
        </Group>
      )}
      <FixList iteration={iteration} chosen={chosen} onClear={() => setChosen(new Set())} />
      <Fetched query={wall}>
        {(laid) =>
          laid.total ? (
            <Wall
              iterationId={iteration.id}
              {...{ query, wall: laid, color, masks, chosen }}
              onChoose={choose}
              onOpen={(tile) =>
                void navigate({
                  to: "/iterations/$iterationId/compare",
                  params: { iterationId: String(iteration.id) },
                  search: { label: tile.id },
                })
              }
            />
          ) : (
            <Empty title={t.noFilm}>
              <Button
                variant="default"
                size="xs"
                onClick={() => void navigate({ to: ".", search: { finding } as never })}
              >
                {t.showAll}
              </Button>
            </Empty>
          )
        }
      </Fetched>
    </Stack>
  );
}

interface FiltersProps {
  iteration: Schemas["IterationDetail"];
  search: WallSearch;
  ask: (change: WallSearch) => void;
  masks: boolean;
  onMasks: (on: boolean) => void;
}

function Filters({ iteration, search, ask, masks, onMasks }: FiltersProps) {
  const { project_id: projectId } = iteration;
  const path = { params: { path: { project_id: projectId } } };
  // The first iteration has none before it to differ from.
  const here = ORDERS.filter((value) => iteration.index > 0 || value !== "changed");
  const sources = useQuery({
    queryKey: ["sources", projectId],
    queryFn: () => need(api.GET("/api/v1/projects/{project_id}/sources", path)),
  });
  const views = useQuery({
    queryKey: ["views", projectId],
    queryFn: () => need(api.GET("/api/v1/projects/{project_id}/views", path)),
  });
  const all = { value: "", label: t.all };
  const pools = sources.data?.filter((source) => source.role === "pool") ?? [];
  // The films of sources that share patients' keys come from one hospital.
  const sites = [...new Set(pools.map((source) => source.namespace))];
  const set = (change: Record<string, unknown>): void => ask(change as WallSearch);
  return (
    <Group gap="md" align="end">
      <NativeSelect
        size="xs"
        label={t.sort}
        value={search.order ?? "risk"}
        onChange={(event) => set({ order: event.currentTarget.value })}
        data={here.map((value) => ({ value, label: orders[value] }))}
      />
      <NativeSelect
        size="xs"
        label={t.decision}
        value={search.decision ?? ""}
        onChange={(event) => set({ decision: event.currentTarget.value || undefined })}
        data={[all, ...DECISIONS.map((value) => ({ value, label: decisions[value] }))]}
      />
      <NativeSelect
        size="xs"
        label={t.source}
        value={search.source ?? ""}
        onChange={(event) => set({ source: Number(event.currentTarget.value) || undefined })}
        data={[all, ...pools.map((source) => ({ value: String(source.id), label: source.name }))]}
      />
      {sites.length > 1 && (
        <NativeSelect
          size="xs"
          label={t.site}
          value={search.site ?? ""}
          onChange={(event) => set({ site: event.currentTarget.value || undefined })}
          data={[all, ...sites]}
        />
      )}
      <NativeSelect
        size="xs"
        label={t.view}
        value={search.view ?? ""}
        onChange={(event) => set({ view: event.currentTarget.value || undefined })}
        data={[all, ...(views.data ?? []).map((value) => ({ value, label: value === "unknown" ? t.unknown : value }))]}
      />
      <Switch
        size="xs"
        label={t.masks}
        checked={masks}
        onChange={(event) => onMasks(event.currentTarget.checked)}
        mb={6}
      />
    </Group>
  );
}
