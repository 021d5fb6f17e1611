import { Code, Group, NativeSelect, SegmentedControl, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, need, type Schemas } from "../../api/client";
import { PageHead } from "../../components/PageHead";
import { Fetched } from "../../components/States";
import { findingName } from "../../components/words";
import { promise as t } from "../../texts/promise";
import { Budgets } from "./Budgets";
import { Changes } from "./Changes";
import { claimOf, questionOf } from "./names";

const METRICS = { d_auc: "D-AUC", id_auc: "iD-AUC", dice: "Dice*" };
const MACRO = "macro";
const TASKS = ["easy", "hard"] as const;

/** Whether the product keeps its promise: each question drawn, each promise with its number. */
export function PromisePage() {
  const told = useQuery({ queryKey: ["promise"], queryFn: () => need(api.GET("/api/v1/promise")) });
  return (
    <Stack gap="lg">
      <PageHead title={t.title}>
        <Link to="/" className="back quiet">
          {t.toProjects}
        </Link>
      </PageHead>
      <Text size="sm" maw={760}>
        {t.what}
      </Text>
      <Fetched query={told}>{(report) => <Report report={report} />}</Fetched>
    </Stack>
  );
}

function Report({ report }: { report: Schemas["PromiseOut"] }) {
  const [finding, setFinding] = useState(MACRO);
  const [metric, setMetric] = useState<keyof typeof METRICS>("d_auc");
  const spelt = `${METRICS[metric]}, %`;
  const hard = report.tables.hard?.flatMap((comparison) => comparison.rows) ?? [];
  const seeds = new Set(
    Object.values(report.tables).flatMap((told) => told.flatMap(({ rows }) => rows.flatMap((row) => row.seeds))),
  );
  return (
    <>
      <Text size="sm" c="dimmed">
        {seeds.size > 0 && t.seedsRun(seeds.size)} {report.own ? t.own : t.shipped}{" "}
        {!report.own && <Code>overread benchmark bias</Code>}
      </Text>
      <Promises goals={report.goals} />
      <Group gap="md" align="end">
        <SegmentedControl
          size="xs"
          aria-label={t.metric}
          value={metric}
          onChange={(value) => setMetric(value as keyof typeof METRICS)}
          data={Object.entries(METRICS).map(([value, label]) => ({ value, label }))}
        />
        <NativeSelect
          size="xs"
          label={t.finding}
          value={finding}
          onChange={(event) => setFinding(event.currentTarget.value)}
          data={[
            { value: MACRO, label: t.macro },
            ...report.findings.map((value) => ({ value, label: findingName(value) })),
          ]}
        />
      </Group>
      {hard.length > 0 && (
        <section className="panel" aria-label={t.budgets}>
          <Title order={2} size="h4">
            {t.budgets}
          </Title>
          <Text size="xs" c="dimmed">
            {t.budgetsWhat}
          </Text>
          <Budgets rows={hard} {...{ finding, metric, spelt }} />
        </section>
      )}
      {TASKS.map((task) => (
        <section className="panel" aria-label={t[task]} key={task}>
          <Stack gap="md">
            <Title order={2} size="h4">
              {t[task]}
            </Title>
            {!report.tables[task]?.length && (
              <Text size="sm" c="dimmed">
                {t.none}
              </Text>
            )}
            {report.tables[task]?.map((comparison) => (
              <div key={comparison.title}>
                <Title order={3} size="h5">
                  {questionOf(comparison.title)}
                </Title>
                <Changes {...{ comparison, finding, metric, spelt }} />
              </div>
            ))}
          </Stack>
        </section>
      ))}
    </>
  );
}

function Promises({ goals }: { goals: Schemas["PromiseGoalOut"][] }) {
  return (
    <section className="panel" aria-label={t.promises}>
      <Title order={2} size="h4">
        {t.promises}
      </Title>
      <Table fz="sm" withRowBorders={false} verticalSpacing={3} maw={860}>
        <Table.Thead>
          <Table.Tr>
            {[t.name, `${t.value}, ${t.target}`, t.outcome].map((column) => (
              <Table.Th key={column}>{column}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {goals.map((goal) => (
            <Claim goal={goal} key={goal.name} />
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

function Claim({ goal }: { goal: Schemas["PromiseGoalOut"] }) {
  const { words, value, target } = claimOf(goal);
  return (
    <Table.Tr>
      <Table.Td>{words}</Table.Td>
      <Table.Td className="steady">
        {value}
        <Text size="xs" c="dimmed">
          {target}
        </Text>
      </Table.Td>
      <Table.Td fw={600}>{outcome(goal)}</Table.Td>
    </Table.Tr>
  );
}

function outcome({ value, met }: Schemas["PromiseGoalOut"]): string {
  if (value === null) return t.unmeasured;
  return met ? t.met : t.missed;
}
