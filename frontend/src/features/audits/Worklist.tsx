import { Badge, Button, Image, Progress, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { api, need, type Schemas } from "../../api/client";
import { PageHead } from "../../components/PageHead";
import { Empty, Fetched } from "../../components/States";
import { findingName } from "../../components/words";
import { worklist as t } from "../../texts/app";

// Others read too; and who comes back from a read finds it counted, however short ago the page asked.
const FRESH = {
  refetchInterval: ({ state }: { state: { data: unknown } }) => (state.data ? 10_000 : false),
  refetchOnMount: "always",
} as const;

/** The cases of an audit, in the order they will be handed out. */
export function Worklist() {
  const { auditId } = useParams({ from: "/shell/audits/$auditId" });
  const path = { params: { path: { audit_id: Number(auditId) } } };
  const audit = useQuery({
    queryKey: ["audit", auditId],
    queryFn: () => need(api.GET("/api/v1/audits/{audit_id}", path)),
    ...FRESH,
  });
  const cases = useQuery({
    queryKey: ["cases", auditId],
    enabled: audit.data !== undefined, // what is wrong with the audit is told once
    queryFn: () => need(api.GET("/api/v1/audits/{audit_id}/cases", path)),
    ...FRESH,
  });
  return (
    <Stack>
      <Fetched query={audit}>{(row) => <Head audit={row} />}</Fetched>
      {audit.data && (
        <Fetched query={cases}>
          {(rows) =>
            rows.length ? <Cases auditId={auditId} rows={rows} /> : <Empty title={t.nothing}>{t.nothingWhy}</Empty>
          }
        </Fetched>
      )}
    </Stack>
  );
}

/** How far the audit is, and the ways from here. */
function Head({ audit }: { audit: Schemas["AuditOut"] }) {
  const params = { auditId: String(audit.id) };
  const project = { projectId: String(audit.project_id) };
  const over = audit.cases === audit.cases_done;
  return (
    <Stack gap="xs">
      <PageHead
        title={t.title}
        aside={
          <Button component={Link} to="/audits/$auditId/read" params={params as never} disabled={over}>
            {over ? t.allRead : audit.cases_done ? t.readOn : t.start}
          </Button>
        }
      >
        <Link to="/projects/$projectId" params={project} className="back quiet">
          {t.iteration(audit.index)}
        </Link>
        <Link to="/audits/$auditId/disputes" params={params} className="back quiet">
          {t.disputes}
        </Link>
        <Link to="/projects/$projectId/reading" params={project} className="back quiet">
          {t.myReading}
        </Link>
      </PageHead>
      <Progress value={(100 * audit.cases_done) / Math.max(1, audit.cases)} aria-label={t.casesRead} />
      <Text size="sm" c="dimmed">
        {t.progress(audit.cases_done, audit.cases, audit.items_done, audit.items)}
      </Text>
    </Stack>
  );
}

function Cases({ auditId, rows }: { auditId: string; rows: Schemas["CaseRowOut"][] }) {
  return (
    <Table verticalSpacing={4} highlightOnHover>
      <Table.Thead>
        <Table.Tr>
          <Table.Th aria-label={t.thumbnail} />
          <Table.Th>{t.film}</Table.Th>
          <Table.Th>{t.toRead}</Table.Th>
          <Table.Th>{t.state}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Row key={row.id} auditId={auditId} row={row} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Row({ auditId, row }: { auditId: string; row: Schemas["CaseRowOut"] }) {
  const film = `/api/v1/images/${row.image_id}/thumbnail?size=96`;
  return (
    <Table.Tr>
      <Table.Td w={64}>
        <Image src={film} alt="" w={44} h={44} loading="lazy" radius="sm" />
      </Table.Td>
      <Table.Td>
        <Link to="/audits/$auditId/read" params={{ auditId }} search={{ case: row.id }} className="back">
          {row.file_name}
        </Link>
      </Table.Td>
      <Table.Td>
        <Text size="sm" c="dimmed">
          {row.findings.map(findingName).join(", ")}
        </Text>
      </Table.Td>
      <Table.Td w={150}>
        <Badge variant="light" color={row.done ? "teal" : row.leased ? "yellow" : "gray"}>
          {row.done ? t.read : row.leased ? t.beingRead : t.open}
        </Badge>
      </Table.Td>
    </Table.Tr>
  );
}
