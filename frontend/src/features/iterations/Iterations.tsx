import { Grid, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { myAccount } from "../../api/account";
import { api, need, type Schemas } from "../../api/client";
import { PageHead } from "../../components/PageHead";
import { remarkOf } from "../../components/remarks";
import { Empty, Fetched } from "../../components/States";
import { dashboards } from "../../texts/dashboards";
import { roles, iterations as t } from "../../texts/iterations";
import { ExportLabels } from "./ExportLabels";
import { IterationPanel } from "./IterationPanel";
import { LaunchForm } from "./LaunchForm";
import { Scores } from "./Scores";

const COUNTED = new Set(["planned", "training", "labelling", "auditing", "closed"]);

/** A project's iterations: scores over iterations, the newest in full, and the form for the next. */
export function Iterations() {
  const { projectId } = useParams({ from: "/shell/projects/$projectId" });
  const id = Number(projectId);
  const path = { params: { path: { project_id: id } } };
  const sources = useQuery({
    queryKey: ["sources", id],
    queryFn: () => need(api.GET("/api/v1/projects/{project_id}/sources", path)),
    refetchInterval: live, // an import shows what it has so far
  });
  const iterations = useQuery({
    queryKey: ["iterations", id],
    queryFn: () => need(api.GET("/api/v1/projects/{project_id}/iterations", path)),
    refetchInterval: live,
  });
  const projects = useQuery({ queryKey: ["projects"], queryFn: () => need(api.GET("/api/v1/projects")) });
  const me = useQuery(myAccount);
  const project = projects.data?.find((one) => one.id === id);
  const launches = me.data !== undefined && me.data.role !== "reader";
  return (
    <Stack gap="lg">
      <PageHead title={t.title}>
        <Text c="dimmed">{project?.name}</Text>
        <Link to="/projects/$projectId/dashboards" params={{ projectId }} className="back quiet">
          {dashboards.title}
        </Link>
        {launches && (
          <Link to="/projects/$projectId/import" params={{ projectId }} className="back quiet">
            {t.toImport}
          </Link>
        )}
      </PageHead>
      {/* Without them there is nothing to say: what went wrong is told once, by the iterations below. */}
      <Sources rows={sources.data ?? []} />
      {launches && project && (
        <ExportLabels project={project} sources={sources.data ?? []} iterations={iterations.data ?? []} />
      )}
      <Fetched query={iterations}>
        {(rows) => (
          <Grid>
            <Grid.Col span={{ base: 12, md: launches ? 8 : 12 }}>
              <Stack>
                {rows.length === 0 && (
                  <Empty title={t.nothing}>{sources.data?.length === 0 ? t.noFilm : t.first}</Empty>
                )}
                {rows.some((row) => row.metrics) && (
                  <div className="panel">
                    <Scores rows={rows.filter((row) => COUNTED.has(row.stage) && row.metrics)} />
                  </div>
                )}
                {[...rows].reverse().map((row, place) => (
                  <IterationPanel key={row.id} id={row.id} open={place === 0} acts={launches} />
                ))}
              </Stack>
            </Grid.Col>
            {launches && (
              <Grid.Col span={{ base: 12, md: 4 }}>
                <LaunchForm
                  key={rows.length}
                  projectId={id}
                  latest={rows.filter((row) => COUNTED.has(row.stage)).at(-1) ?? null}
                />
              </Grid.Col>
            )}
          </Grid>
        )}
      </Fetched>
    </Stack>
  );
}

/** The sources with their films, and what is to be told of them. */
function Sources({ rows }: { rows: Schemas["SourceOut"][] }) {
  return (
    <Stack gap={4} mih={22}>
      <Group gap="lg">
        {rows.map((source) => (
          <Text size="sm" c="dimmed" key={source.id}>
            {t.source(
              source.name === source.role ? source.name : `${source.name} (${roleOf(source.role)})`,
              total(source.counts),
              source.counts.masks ?? 0,
              source.role === "pool",
            )}
          </Text>
        ))}
      </Group>
      {rows.flatMap((source) =>
        source.notes.map((note) => (
          <Text size="xs" c="orange" key={`${source.id} ${note.sentence}`}>
            {source.name}: {remarkOf(note)}
          </Text>
        )),
      )}
    </Stack>
  );
}

/** Asked for again and again once it is there; a refusal stays on the screen until somebody asks anew. */
function live({ state }: { state: { data: unknown } }): number | false {
  return state.data === undefined ? false : 4_000;
}

function roleOf(role: string): string {
  return role in roles ? roles[role as keyof typeof roles] : role;
}

function total(counts: Record<string, number>): number {
  return Object.entries(counts).reduce((sum, [split, n]) => (split === "masks" ? sum : sum + n), 0);
}
