import { Badge, Button, Collapse, Group, Progress, Stack, Text, UnstyledButton } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { api, need, type Schemas } from "../../api/client";
import { Failed, Fetched } from "../../components/States";
import { findingName } from "../../components/words";
import { jobs as jobNames, stages, states, iterations as t } from "../../texts/iterations";
import { why } from "../../texts/why";
import { GatePanel } from "./GatePanel";
import { RunRow } from "./RunRow";

type Detail = Schemas["IterationDetail"];
const COLORS: Record<string, string> = { failed: "red", cancelled: "gray", closed: "teal", auditing: "yellow" };
const AT_WORK = new Set(["planned", "training", "labelling"]);

/** One iteration: live runs and shards, what it labelled, its audit and its gate. */
export function IterationPanel({ id, open, acts }: { id: number; open: boolean; acts: boolean }) {
  const [shown, setShown] = useState(open);
  const query = useIteration(id);
  const act = useAct(id);
  return (
    <Fetched query={query}>
      {(detail) => (
        <section className="panel" aria-label={t.number(detail.index)}>
          <Group justify="space-between">
            <UnstyledButton onClick={() => setShown(!shown)} aria-expanded={shown}>
              <Group gap="sm">
                <Text fw={600}>{t.number(detail.index)}</Text>
                <Badge variant="light" color={COLORS[detail.stage] ?? "blue"}>
                  {stages[detail.stage as keyof typeof stages] ?? detail.stage}
                </Badge>
                <Text size="xs" c="dimmed">
                  {describeSet(detail.training_set_counts)}
                </Text>
              </Group>
            </UnstyledButton>
            <Group gap="xs">
              {acts && <Acts stage={detail.stage} act={act} />}
              <Ways detail={detail} acts={acts} />
            </Group>
          </Group>
          <Unteachable counts={detail.training_set_counts} />
          {act.error && <Failed error={act.error} />}
          <Collapse expanded={shown}>
            <Stack mt="md" gap="md">
              {detail.runs.map((run) => (
                <RunRow key={run.id} run={run} />
              ))}
              <Shards jobs={detail.jobs} />
              <Decisions decisions={detail.decisions} />
              {detail.audit_id !== null && (detail.stage === "auditing" || detail.stage === "closed") && (
                <GatePanel audit={detail.audit_id} open={detail.stage === "auditing"} />
              )}
            </Stack>
          </Collapse>
        </section>
      )}
    </Fetched>
  );
}

/** An iteration as it is now; live while it is at work. */
function useIteration(id: number) {
  const queries = useQueryClient();
  const query = useQuery({
    queryKey: ["iteration", id],
    queryFn: () => need(api.GET("/api/v1/iterations/{iteration_id}", { params: { path: { iteration_id: id } } })),
    // Somebody else may launch, cancel or resume; what is over stays as it is.
    refetchInterval: ({ state }) => (state.data && state.data.stage !== "closed" ? 10_000 : false),
  });
  const atWork = query.data ? AT_WORK.has(query.data.stage) : false;
  useEffect(() => {
    if (!atWork) return;
    const events = new EventSource(`/api/v1/iterations/${id}/events`);
    events.addEventListener("iteration", (event) => {
      queries.setQueryData(["iteration", id], JSON.parse(event.data) as Detail);
    });
    return () => events.close();
  }, [atWork, id, queries]);
  return query;
}

function useAct(id: number) {
  const queries = useQueryClient();
  const path = { params: { path: { iteration_id: id } } };
  return useMutation({
    mutationFn: (what: "cancel" | "resume") =>
      need(
        what === "cancel"
          ? api.POST("/api/v1/iterations/{iteration_id}/cancel", path)
          : api.POST("/api/v1/iterations/{iteration_id}/resume", path),
      ),
    onSuccess: (detail) => queries.setQueryData(["iteration", id], detail),
  });
}

/** Cancel what is at work, resume what was ended. */
function Acts({ stage, act }: { stage: Detail["stage"]; act: ReturnType<typeof useAct> }) {
  const what = AT_WORK.has(stage) ? "cancel" : stage === "failed" || stage === "cancelled" ? "resume" : null;
  return (
    what && (
      <Button size="xs" variant="default" onClick={() => act.mutate(what)} loading={act.isPending}>
        {t[what]}
      </Button>
    )
  );
}

/** To the pages about an iteration that has come so far. */
function Ways({ detail, acts }: { detail: Detail; acts: boolean }) {
  const { id, index, stage, audit_id, labelling_id } = detail;
  return (
    <>
      {audit_id !== null && (
        <>
          <Way to="/audits/$auditId" id={audit_id} filled={stage === "auditing"}>
            {t.audit}
          </Way>
          <Way to="/iterations/$iterationId/gate" id={id}>
            {t.measured}
          </Way>
        </>
      )}
      {labelling_id !== null && (
        <>
          <Way to="/iterations/$iterationId/pool" id={id}>
            {t.pool}
          </Way>
          <Way to="/iterations/$iterationId/compare" id={id}>
            {t.compare}
          </Way>
        </>
      )}
      {acts && index > 0 && (
        <Way to="/iterations/$iterationId/why" id={id}>
          {why.link}
        </Way>
      )}
    </>
  );
}

interface WayProps {
  to: "/audits/$auditId" | `/iterations/$iterationId/${"gate" | "pool" | "compare" | "why"}`;
  id: number;
  filled?: boolean;
  children: string;
}

/** To a page about the iteration; filled where the work is. */
function Way({ to, id, filled = false, children }: WayProps) {
  const params = { [to === "/audits/$auditId" ? "auditId" : "iterationId"]: String(id) };
  return (
    <Button size="xs" variant={filled ? "filled" : "default"} component={Link} to={to} params={params as never}>
      {children}
    </Button>
  );
}

function describeSet(counts: Schemas["TrainingSetCounts"]): string {
  const parts = [t.references(String(counts.reference))];
  if (counts.read) parts.push(t.reads(String(counts.read)));
  if (counts.pseudo) parts.push(t.pseudo(String(counts.pseudo)));
  return t.set(String(counts.images), parts.join(", "));
}

/** The findings that its training set cannot teach, and why. */
function Unteachable({ counts }: { counts: Schemas["TrainingSetCounts"] }) {
  const lines = [
    [t.nobodyHas, counts.nobody_has],
    [t.everybodyHas, counts.everybody_has],
    [t.nobodyTells, counts.nobody_tells],
  ] as const;
  return lines.map(
    ([say, findings]) =>
      findings.length > 0 && (
        <Text size="xs" c="orange" key={findings[0]}>
          {say(findings.map(findingName).join(", "))}
        </Text>
      ),
  );
}

function Shards({ jobs }: { jobs: Schemas["JobOut"][] }) {
  const rows = jobs.filter((job) => job.kind !== "train");
  return rows.map((job) => (
    <Group key={job.id} gap="sm" wrap="nowrap">
      <Text size="sm" w={130}>
        {nameOf(job.kind)}
      </Text>
      <Progress
        flex={1}
        value={job.state === "done" ? 100 : (100 * job.progress.done) / (job.progress.total ?? 1)}
        color={job.state === "failed" ? "red" : undefined}
        animated={job.state === "running"}
        aria-label={t.progressOf(nameOf(job.kind))}
      />
      <Text size="xs" c={job.error ? "red" : "dimmed"} w={230} truncate title={job.error ?? undefined}>
        {job.error ?? (job.stalled ? t.stalled : (states[job.state as keyof typeof states] ?? job.state))}
      </Text>
    </Group>
  ));
}

function nameOf(kind: string): string {
  return kind in jobNames ? jobNames[kind as keyof typeof jobNames] : kind;
}

function Decisions({ decisions }: { decisions: Detail["decisions"] }) {
  const rows = Object.entries(decisions);
  if (!rows.length) return null;
  return (
    <Stack gap={6}>
      <Text size="sm">{t.labels}</Text>
      {rows.map(([finding, counts]) => {
        const all = Object.values(counts).reduce((a, b) => a + b, 0) || 1;
        return (
          <Group key={finding} gap="sm" wrap="nowrap">
            <Text size="xs" c="dimmed" w={{ base: 90, sm: 130 }}>
              {findingName(finding)}
            </Text>
            {/* The bars say again what the words beside them say. */}
            <Progress.Root size="lg" flex={1} aria-hidden>
              <Progress.Section withAria={false} value={(100 * (counts.positive ?? 0)) / all} color="teal.8" />
              <Progress.Section withAria={false} value={(100 * (counts.uncertain ?? 0)) / all} color="#a8842c" />
              <Progress.Section withAria={false} value={(100 * (counts.negative ?? 0)) / all} color="gray.6" />
            </Progress.Root>
            <Text size="xs" c="dimmed" w={{ base: 110, sm: 275 }}>
              {t.counts(counts.positive ?? 0, counts.uncertain ?? 0, counts.negative ?? 0)}
            </Text>
          </Group>
        );
      })}
    </Stack>
  );
}
