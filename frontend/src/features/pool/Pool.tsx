import { Button, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, need, type Schemas } from "../../api/client";
import { PageHead } from "../../components/PageHead";
import { Empty, Failed, Fetched } from "../../components/States";
import { findingName, percent } from "../../components/words";
import { COLORS } from "../../editor/state";
import { pool as t } from "../../texts/pool";
import { Filters } from "./Filters";
import { FixList } from "./FixList";
import { Histogram } from "./Histogram";
import { Wall } from "./Wall";
import { useWall, type WallSearch } from "./wall";

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
  const [chosen, choose] = useChosen();
  const findings = Object.keys(iteration.decisions);
  const finding = search.finding ?? findings[0] ?? "";
  const { query, wall, histograms } = useWall(iteration, finding, search);
  const color = COLORS[Math.max(0, findings.indexOf(finding))]!;
  const ask = (change: WallSearch): void => void navigate({ to: ".", search: { ...search, ...change } as never });
  const compare = { to: "/iterations/$iterationId/compare", params: { iterationId: String(iteration.id) } } as const;
  if (!findings.length) return <Empty title={t.nothingLabelled}>{t.nothingLabelledWhy}</Empty>;
  return (
    <Stack gap="sm">
      <PageHead title={t.title}>
        <Link to="/projects/$projectId" params={{ projectId: String(iteration.project_id) }} className="back quiet">
          {t.iteration(iteration.index)}
        </Link>
        <Text size="sm" c="dimmed" component="output">
          {wall.data && t.films(wall.data.total)}
          {iteration.stage === "auditing" && ` · ${t.audited}`}
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
      {histograms.data && <Histograms told={histograms.data} search={search} ask={ask} />}
      <FixList iteration={iteration} chosen={chosen} onClear={() => choose([...chosen], false)} />
      <Fetched query={wall}>
        {(laid) =>
          laid.total ? (
            <Wall
              {...{ iteration, query, wall: laid, color, masks, chosen }}
              onChoose={choose}
              onOpen={(tile) => void navigate({ ...compare, search: { label: tile.id } })}
            />
          ) : (
            <NoFilm showAll={() => void navigate({ to: ".", search: { finding } as never })} />
          )
        }
      </Fetched>
    </Stack>
  );
}

/** The labels that are chosen, and how they are chosen or left. */
function useChosen() {
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const choose = (labels: number[], on: boolean): void =>
    setChosen((before) => {
      const after = new Set(before);
      for (const label of labels) on ? after.add(label) : after.delete(label);
      return after;
    });
  return [chosen, choose] as const;
}

function NoFilm({ showAll }: { showAll: () => void }) {
  return (
    <Empty title={t.noFilm}>
      <Button variant="default" size="xs" onClick={showAll}>
        {t.showAll}
      </Button>
    </Empty>
  );
}

interface HistogramsProps {
  told: Schemas["HistogramsOut"];
  search: WallSearch;
  ask: (change: WallSearch) => void;
}

function Histograms({ told, search, ask }: HistogramsProps) {
  return (
    <Group grow align="start" gap="xl">
      <Histogram
        label={t.confidence}
        bins={told.presence}
        range={search.presence}
        spell={percent}
        onRange={(presence) => ask({ presence } as never)}
      />
      <Histogram
        label={t.area}
        bins={told.area}
        range={search.area}
        spell={(edge) => edge.toLocaleString()}
        onRange={(area) => ask({ area } as never)}
      />
      {told.changed.length > 0 && (
        <Histogram
          label={t.changed}
          bins={told.changed}
          range={search.changed}
          spell={percent}
          onRange={(changed) => ask({ changed } as never)}
        />
      )}
    </Group>
  );
}
