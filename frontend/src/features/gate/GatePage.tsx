import { Anchor, Group, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { api, need } from "../../api/client";
import { PageHead } from "../../components/PageHead";
import { Fetched } from "../../components/States";
import { bias, gate as t } from "../../texts/gate";
import { Dial } from "./Dial";
import { Estimates } from "./Estimates";

/** An iteration measured: its pool, the thresholds that its audit certifies, its report. */
export function GatePage() {
  const { iterationId } = useParams({ from: "/shell/iterations/$iterationId/gate" });
  const id = Number(iterationId);
  const iteration = useQuery({
    queryKey: ["iteration", id],
    queryFn: () => need(api.GET("/api/v1/iterations/{iteration_id}", { params: { path: { iteration_id: id } } })),
  });
  return (
    <Fetched query={iteration}>
      {(row) => (
        <Stack>
          <PageHead
            title={t.title}
            aside={
              <Group gap="md">
                <Anchor
                  component={Link}
                  size="sm"
                  to="/projects/$projectId/bias"
                  params={{ projectId: String(row.project_id) } as never}
                >
                  {bias.title}
                </Anchor>
                <Anchor size="sm" href={`/api/v1/iterations/${id}/report.html`} target="_blank" rel="noreferrer">
                  {t.report}
                </Anchor>
                <Anchor
                  size="sm"
                  href={`/api/v1/iterations/${id}/report.html#numbers`}
                  target="_blank"
                  rel="noreferrer"
                >
                  {t.meaning}
                </Anchor>
              </Group>
            }
          >
            <Link to="/projects/$projectId" params={{ projectId: String(row.project_id) }} className="back quiet">
              {t.iteration(row.index)}
            </Link>
          </PageHead>
          {row.audit_id !== null && <Estimates auditId={row.audit_id} live={row.stage === "auditing"} />}
          {row.audit_id !== null && <Dial iterationId={id} declared={Number(row.plan.alpha)} />}
        </Stack>
      )}
    </Fetched>
  );
}
