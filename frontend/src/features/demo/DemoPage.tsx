import { Group, SegmentedControl, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { api, need, type Schemas } from "../../api/client";
import { PageHead } from "../../components/PageHead";
import { Empty, Fetched } from "../../components/States";
import { findingName } from "../../components/words";
import { demo as t } from "../../texts/demo";
import { Changes } from "./Changes";
import { METRICS, type Score } from "./rows";
import { Scores } from "./Scores";

/** How the demo ended: two students of one teacher beside each other, and what the difference cost. */
export function DemoPage() {
  const told = useQuery({ queryKey: ["demo"], queryFn: () => need(api.GET("/api/v1/demo")) });
  return (
    <Stack gap="lg">
      <PageHead title={t.title}>
        <Link to="/" className="back quiet">
          {t.toProjects}
        </Link>
      </PageHead>
      <Fetched query={told}>
        {(report) => (report ? <Outcome report={report} /> : <Empty title={t.none}>{t.noneWhat}</Empty>)}
      </Fetched>
    </Stack>
  );
}

function Outcome({ report }: { report: Schemas["DemoReport"] }) {
  const [metric, setMetric] = useState<Score>("d_auc");
  const { films, pool, seconds } = report.reading;
  const { beside } = report;
  return (
    <>
      <Stack gap={4} maw={760}>
        <Text size="sm">
          {t.what(films, pool)} {seconds > 0 && t.minutes((seconds / 60).toFixed(0))}
        </Text>
        <Text size="sm" c="dimmed">
          {t.phantom}
        </Text>
      </Stack>
      <Part title={t.changes} what={t.changesWhat(beside.films, beside.patients)}>
        <Changes differences={beside.differences} />
      </Part>
      <Part title={t.scores} what={t.scoresWhat}>
        <Group>
          <SegmentedControl
            size="xs"
            aria-label={t.score}
            value={metric}
            onChange={(value) => setMetric(value as Score)}
            data={Object.entries(METRICS).map(([value, label]) => ({ value, label }))}
          />
        </Group>
        <Scores scores={beside.scores} metric={metric} />
      </Part>
      <Part title={t.letIn} what={t.letInWhat}>
        <LetIn rows={report.let_in} />
      </Part>
      <Part title={t.more}>
        <Group gap="md">
          <Link to="/projects/$projectId" params={{ projectId: String(report.read_project) }} className="back">
            {t.readProject}
          </Link>
          <Link to="/audits/$auditId" params={{ auditId: String(report.audit) }} className="back">
            {t.audit}
          </Link>
          <Link to="/projects/$projectId" params={{ projectId: String(report.unread_project) }} className="back">
            {t.unreadProject}
          </Link>
        </Group>
      </Part>
    </>
  );
}

function Part({ title, what, children }: { title: string; what?: string; children: ReactNode }) {
  return (
    <section className="panel" aria-label={title}>
      <Stack gap="xs">
        <Title order={2} size="h4">
          {title}
        </Title>
        {what && (
          <Text size="xs" c="dimmed">
            {what}
          </Text>
        )}
        {children}
      </Stack>
    </section>
  );
}

function LetIn({ rows }: { rows: Schemas["LetIn"][] }) {
  return (
    <Table fz="sm" withRowBorders={false} verticalSpacing={3} maw={560}>
      <Table.Thead>
        <Table.Tr>
          {[t.finding, t.decided, t.entered].map((column) => (
            <Table.Th key={column}>{column}</Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Table.Tr key={row.finding}>
            <Table.Td>{findingName(row.finding)}</Table.Td>
            <Table.Td>{row.decided}</Table.Td>
            <Table.Td>{row.withheld ? t.withheld : row.let_in}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
