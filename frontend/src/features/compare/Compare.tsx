import { Button, Group, SegmentedControl, Stack, Table, Title } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { api, need } from "../../api/client";
import { Empty, Failed, Fetched } from "../../components/States";
import { findingName, share, verdictWord } from "../../components/words";
import { Panes } from "./Panes";

/** Pseudo mask, public label and read side by side; the list begins where they agree least. */
export function Compare() {
  const { iterationId } = useParams({ from: "/shell/iterations/$iterationId/compare" });
  const search = useSearch({ from: "/shell/iterations/$iterationId/compare" });
  const navigate = useNavigate();
  const iteration = useQuery({
    queryKey: ["iteration", Number(iterationId)],
    queryFn: () =>
      need(api.GET("/api/v1/iterations/{iteration_id}", { params: { path: { iteration_id: Number(iterationId) } } })),
  });
  const findings = Object.keys(iteration.data?.decisions ?? {});
  const list = useInfiniteQuery({
    queryKey: ["disagreement", iterationId, search.finding],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) =>
      need(
        api.GET("/api/v1/iterations/{iteration_id}/pseudo-labels", {
          params: {
            path: { iteration_id: Number(iterationId) },
            query: { order: "public_dice", limit: 50, finding: search.finding ?? null, after: pageParam },
          },
        }),
      ),
    getNextPageParam: (page) => page.next,
  });
  const rows = list.data?.pages.flatMap((page) => page.labels) ?? [];
  const chosen = search.label ?? rows[0]?.id;
  const comparison = useQuery({
    queryKey: ["comparison", chosen],
    enabled: chosen !== undefined,
    queryFn: () =>
      need(api.GET("/api/v1/pseudo-labels/{label_id}/comparison", { params: { path: { label_id: chosen! } } })),
  });
  return (
    <Stack>
      <Group justify="space-between">
        <Group gap="sm" align="baseline">
          <Title order={1} size="h2">
            Compare with public labels
          </Title>
          {iteration.data && (
            <Link
              to="/projects/$projectId"
              params={{ projectId: String(iteration.data.project_id) }}
              className="back quiet"
            >
              Iteration {iteration.data.index}
            </Link>
          )}
        </Group>
        <SegmentedControl
          size="xs"
          value={search.finding ?? ""}
          onChange={(finding) => void navigate({ to: ".", search: finding ? { finding } : {} })}
          data={[{ value: "", label: "All" }, ...findings.map((value) => ({ value, label: findingName(value) }))]}
        />
      </Group>
      {list.error && <Failed error={list.error} />}
      {list.data && rows.length === 0 && (
        <Empty title="No public label to compare with">
          A pool source may carry public labels (SIIM's, say). They are shown here beside the pseudo masks and never
          trained on. Where both say that there is no lesion they agree, and nothing is shown.
        </Empty>
      )}
      {chosen !== undefined && (
        <Fetched query={comparison}>{(told) => <Panes told={told} findings={findings} />}</Fetched>
      )}
      {rows.length > 0 && (
        <Table highlightOnHover verticalSpacing={4} fz="sm">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Film</Table.Th>
              <Table.Th>Finding</Table.Th>
              <Table.Th>Source</Table.Th>
              <Table.Th>Decision</Table.Th>
              <Table.Th>Dice with public label</Table.Th>
              <Table.Th>Read</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr
                key={row.id}
                bg={row.id === chosen ? "var(--raised)" : undefined}
                onClick={() => void navigate({ to: ".", search: { ...search, label: row.id }, resetScroll: false })}
                style={{ cursor: "pointer" }}
              >
                <Table.Td>
                  <button type="button" className="chip" style={{ padding: 0, display: "inline" }}>
                    {row.file_name}
                  </button>
                </Table.Td>
                <Table.Td>{findingName(row.finding)}</Table.Td>
                <Table.Td>{row.source}</Table.Td>
                <Table.Td>{row.decision}</Table.Td>
                <Table.Td>{share(row.public_dice, 2)}</Table.Td>
                <Table.Td>{row.verdict ? verdictWord(row.verdict) : "–"}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {list.hasNextPage && (
        <Button variant="default" size="xs" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          Show more
        </Button>
      )}
    </Stack>
  );
}
