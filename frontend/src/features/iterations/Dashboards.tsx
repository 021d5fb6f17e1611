import { Stack } from "@mantine/core";
import { useQueries, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { api, need, type Schemas } from "../../api/client";
import { PageHead } from "../../components/PageHead";
import { Fetched } from "../../components/States";
import { app } from "../../texts/app";
import { dashboards as t } from "../../texts/dashboards";
import { promise } from "../../texts/promise";
import { AuditProgress } from "./AuditProgress";
import { Curves } from "./Curves";
import { Decided } from "./Decided";
import { Effort } from "./Effort";
import { EvaluatedScores } from "./EvaluatedScores";
import { Panel } from "./Panel";
import { Scores } from "./Scores";
import { SourceScores } from "./SourceScores";

const GONE = new Set(["failed", "cancelled"]);

/** A project at a glance: its iterations side by side, in plots that come with their tables. */
export function Dashboards() {
  const { projectId } = useParams({ from: "/shell/projects/$projectId/dashboards" });
  const path = { params: { path: { project_id: Number(projectId) } } };
  const iterations = useQuery({
    queryKey: ["iterations", Number(projectId)],
    queryFn: () => need(api.GET("/api/v1/projects/{project_id}/iterations", path)),
  });
  const told = useQuery({
    queryKey: ["dashboard", Number(projectId)],
    queryFn: () => need(api.GET("/api/v1/projects/{project_id}/dashboard", path)),
  });
  const effort = useQuery({
    queryKey: ["effort", Number(projectId)],
    queryFn: () => need(api.GET("/api/v1/projects/{project_id}/effort", path)),
  });
  return (
    <Stack gap="lg">
      <PageHead title={t.title}>
        <Link to="/projects/$projectId" params={{ projectId }} className="back quiet">
          {app.toIterations}
        </Link>
        <Link to="/promise" className="back quiet">
          {promise.title}
        </Link>
      </PageHead>
      <Fetched query={iterations}>
        {(all) => <Panels rows={all.filter((row) => !GONE.has(row.stage))} told={told} effort={effort} />}
      </Fetched>
    </Stack>
  );
}

interface PanelsProps {
  rows: Schemas["IterationOut"][];
  told: ReturnType<typeof useQuery<Schemas["DashboardOut"]>>;
  effort: ReturnType<typeof useQuery<Schemas["EffortOut"]>>;
}

function Panels({ rows, told, effort }: PanelsProps) {
  const details = useQueries({
    queries: rows.map((row) => ({
      queryKey: ["iteration", row.id],
      queryFn: () => need(api.GET("/api/v1/iterations/{iteration_id}", { params: { path: { iteration_id: row.id } } })),
    })),
  });
  const known = details.flatMap((detail) => (detail.data ? [detail.data] : []));
  const labelled = rows.filter((row) => row.labelling_id !== null);
  return (
    <>
      <Panel title={t.scores} empty={rows.some((row) => row.metrics) ? null : t.noneScores}>
        <Scores rows={rows.filter((row) => row.metrics)} />
      </Panel>
      <Fetched query={effort}>{(found) => <Effort told={found} />}</Fetched>
      <Fetched query={told}>
        {({ sources, changes, evaluated, audits }) => (
          <>
            <EvaluatedScores scores={evaluated} />
            <SourceScores scores={sources} changes={changes} />
            <Panel title={t.audits} what={t.auditsWhat} empty={audits.length ? null : t.noneAudits}>
              <AuditProgress points={audits} />
            </Panel>
          </>
        )}
      </Fetched>
      <Panel title={t.decisions} what={t.decisionsWhat} empty={labelled.length ? null : t.noneDecisions}>
        <Decided rows={labelled} />
      </Panel>
      <Panel
        title={t.curves}
        what={t.curvesWhat}
        empty={known.some((one) => one.runs.some((run) => run.epochs.length)) ? null : t.noneCurves}
      >
        <Curves iterations={known} />
      </Panel>
    </>
  );
}
