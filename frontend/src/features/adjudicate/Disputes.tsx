import { Badge, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { api, need, type Schemas } from "../../api/client";
import { PageHead } from "../../components/PageHead";
import { Empty, Fetched } from "../../components/States";
import { findingName, percent, share, verdictWord } from "../../components/words";
import { adjudicate as t } from "../../texts/app";
import { Decide } from "./Decide";

type Row = Schemas["DisputeOut"];

/** Where two readers do not agree: both reads, their difference, and a third reader's decision. */
export function Disputes() {
  const { auditId } = useParams({ from: "/shell/audits/$auditId/disputes" });
  const search = useSearch({ from: "/shell/audits/$auditId/disputes" });
  const navigate = useNavigate();
  const path = { audit_id: Number(auditId) };
  const audit = useQuery({
    queryKey: ["audit", auditId],
    queryFn: () => need(api.GET("/api/v1/audits/{audit_id}", { params: { path } })),
  });
  const list = useQuery({
    queryKey: ["disputes", auditId],
    queryFn: () => need(api.GET("/api/v1/audits/{audit_id}/disputes", { params: { path } })),
  });
  const choose = (row: Row) =>
    void navigate({ to: ".", search: { image: row.image_id, finding: row.finding }, resetScroll: false });
  const isChosen = (row: Row) => row.image_id === search.image && row.finding === search.finding;
  return (
    <Stack>
      <PageHead title={t.title}>
        <Link to="/audits/$auditId" params={{ auditId }} className="back quiet">
          {t.worklist}
        </Link>
      </PageHead>
      <Text size="sm" c="dimmed" maw={760}>
        {t.why}
      </Text>
      <Fetched query={list}>
        {(rows) => {
          const chosen = rows.find(isChosen) ?? rows.find((row) => !row.decided && !row.yours) ?? rows[0];
          if (!chosen) return <Empty title={t.nothing}>{t.nothingWhy}</Empty>;
          return (
            <Stack>
              <Decide
                key={`${chosen.image_id}/${chosen.finding}`}
                auditId={Number(auditId)}
                imageId={chosen.image_id}
                finding={chosen.finding}
              />
              <Table highlightOnHover verticalSpacing={4} fz="sm">
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t.film}</Table.Th>
                    <Table.Th>{t.finding}</Table.Th>
                    <Table.Th>{t.verdicts}</Table.Th>
                    <Table.Th>Dice</Table.Th>
                    <Table.Th>{t.state}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {rows.map((row) => (
                    <Table.Tr
                      key={`${row.image_id}/${row.finding}`}
                      bg={row === chosen ? "var(--raised)" : undefined}
                      onClick={() => choose(row)}
                      style={{ cursor: "pointer" }}
                    >
                      <Table.Td>
                        <button type="button" className="chip" style={{ padding: 0, display: "inline" }}>
                          {row.file_name}
                        </button>
                      </Table.Td>
                      <Table.Td>{findingName(row.finding)}</Table.Td>
                      <Table.Td>{row.verdicts.map(verdictWord).join(" · ")}</Table.Td>
                      <Table.Td>{share(row.dice, 2)}</Table.Td>
                      <Table.Td>
                        <Badge variant="light" color={row.decided ? "teal" : row.yours ? "gray" : "yellow"}>
                          {row.decided ? t.decided : row.yours ? t.yours : t.open}
                        </Badge>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Stack>
          );
        }}
      </Fetched>
      {audit.data && <Agreement projectId={audit.data.project_id} />}
    </Stack>
  );
}

/** Human against human: the ceiling of what a network can be measured at. */
function Agreement({ projectId }: { projectId: number }) {
  const query = useQuery({
    queryKey: ["agreement", projectId],
    queryFn: () =>
      need(api.GET("/api/v1/projects/{project_id}/agreement", { params: { path: { project_id: projectId } } })),
  });
  const rows = (query.data ?? []).filter((row) => row.pairs > 0);
  if (!rows.length) return null;
  return (
    <Stack gap="xs">
      <Title order={2} size="h4">
        {t.agreement}
      </Title>
      <Table verticalSpacing={4} fz="sm" maw={640}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t.finding}</Table.Th>
            <Table.Th>{t.pairs}</Table.Th>
            <Table.Th>{t.meanDice}</Table.Th>
            <Table.Th>{t.ofOneOpinion}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.finding}>
              <Table.Td>{findingName(row.finding)}</Table.Td>
              <Table.Td>{row.pairs}</Table.Td>
              <Table.Td>{share(row.dice, 2)}</Table.Td>
              <Table.Td>
                {percent(row.agree.value)} ({percent(row.agree.low)}–{percent(row.agree.high)})
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  );
}
