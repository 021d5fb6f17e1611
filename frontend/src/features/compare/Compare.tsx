import "./Compare.css";
import { Anchor, Button, Stack, Text } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { api, need, type Schemas } from "../../api/client";
import { PageHead } from "../../components/PageHead";
import { Empty, Failed, Fetched } from "../../components/States";
import { compare as t } from "../../texts/compare";
import { Case } from "./Case";
import { Filters } from "./Filters";
import { PairList } from "./PairList";
import type { CompareSearch } from "./search";
import { useStepKeys } from "./useCaseKeys";
import { filmQuery } from "./useLightbox";

/** Pseudo masks beside public labels, reads and the previous iteration's; the list begins where they agree least. */
export function Compare() {
  const { iterationId } = useParams({ from: "/shell/iterations/$iterationId/compare" });
  const iteration = useQuery({
    queryKey: ["iteration", Number(iterationId)],
    queryFn: () =>
      need(api.GET("/api/v1/iterations/{iteration_id}", { params: { path: { iteration_id: Number(iterationId) } } })),
  });
  return <Fetched query={iteration}>{(told) => <Comparison iteration={told} />}</Fetched>;
}

function Comparison({ iteration }: { iteration: Schemas["IterationDetail"] }) {
  const search = useSearch({ from: "/shell/iterations/$iterationId/compare" });
  const navigate = useNavigate();
  const findings = Object.keys(iteration.decisions);
  const list = usePairs(iteration.id, search);
  const pairs = list.data?.pages.flatMap((page) => page.pairs) ?? [];
  const chosen = search.label ?? pairs[0]?.id;
  const comparison = useComparison(chosen);
  const ask = (change: Partial<Record<keyof CompareSearch, unknown>>): void =>
    void navigate({
      to: ".",
      search: ((before: CompareSearch) => ({ ...before, ...change })) as never,
      replace: !("label" in change),
      resetScroll: false,
    });
  const filter = (change: Partial<Record<keyof CompareSearch, unknown>>): void =>
    ask({ ...change, label: undefined, at: undefined, window: undefined });
  const { open, step } = useSteps(list, pairs, chosen, ask);
  return (
    <Stack gap="sm">
      <PageHead
        title={t.title}
        aside={
          <Anchor size="sm" href={`/api/v1/projects/${iteration.project_id}/public-label-reads.csv`} c="inherit">
            {t.csv}
          </Anchor>
        }
      >
        <Link to="/projects/$projectId" params={{ projectId: String(iteration.project_id) }} className="back quiet">
          {t.iteration(iteration.index)}
        </Link>
        <Text size="sm" c="dimmed" component="output">
          {list.data?.pages[0] && t.pairs(list.data.pages[0].total ?? 0)}
        </Text>
      </PageHead>
      <Filters projectId={iteration.project_id} findings={findings} search={search} ask={filter} />
      {list.error && <Failed error={list.error} retry={() => void list.refetch()} />}
      {chosen !== undefined && (
        <Fetched query={comparison}>
          {(told) => <Case told={told} findings={findings} search={search} ask={ask} onStep={step} />}
        </Fetched>
      )}
      {list.data && pairs.length === 0 && (
        <NoPairs search={search} clear={() => void navigate({ to: ".", search: {} })} />
      )}
      {pairs.length > 0 && <Pairs list={list} pairs={pairs} chosen={chosen} open={open} />}
    </Stack>
  );
}

type Pair = Schemas["PairOut"];

/** From pair to pair, by a click or by keys; more of them are fetched before the end is reached. */
function useSteps(list: List, pairs: Pair[], chosen: number | undefined, ask: (change: CompareSearch) => void) {
  // Two quick presses of a key are two steps, drawn or not.
  const now = useRef(chosen);
  useEffect(() => {
    now.current = chosen;
  }, [chosen]);
  // Where a film is looked at belongs to it: the next one is seen whole, in a window of its own.
  const open = (label: number): void => {
    now.current = label;
    ask({ label, at: undefined, window: undefined });
  };
  const placeOf = (label: number | undefined): number => pairs.findIndex((pair) => pair.id === label);
  usePrefetched(pairs[placeOf(chosen) + 1]);
  const step = (by: number): void => {
    const place = placeOf(now.current);
    const next = pairs[place + by];
    if (next) open(next.id);
    if (place + by >= pairs.length - 2 && list.hasNextPage && !list.isFetchingNextPage) void list.fetchNextPage();
  };
  useStepKeys(step);
  return { open, step };
}

interface PairsProps {
  list: List;
  pairs: Pair[];
  chosen: number | undefined;
  open: (label: number) => void;
}

function Pairs({ list, pairs, chosen, open }: PairsProps) {
  return (
    <div className="pairs">
      <PairList pairs={pairs} chosen={chosen} onChoose={open} />
      {list.hasNextPage && (
        <Button
          m="xs"
          variant="default"
          size="xs"
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {t.more}
        </Button>
      )}
    </div>
  );
}

function NoPairs({ search, clear }: { search: CompareSearch; clear: () => void }) {
  const { against, finding, source, verdict, wrong, dice } = search;
  const filtered = [finding, source, verdict, wrong, dice].some((value) => value !== undefined);
  return (
    <Empty title={t.nothing}>
      <Stack align="center" gap="xs">
        {!filtered && (against === "read" ? t.noReads : t.noPublic)}
        {(filtered || against === "read") && (
          <Button variant="default" size="xs" onClick={clear}>
            {t.clear}
          </Button>
        )}
      </Stack>
    </Empty>
  );
}

type List = ReturnType<typeof usePairs>;

function usePairs(iterationId: number, search: CompareSearch) {
  const { against, finding, source, verdict, wrong, dice } = search;
  const query = { against: against ?? "public", finding, source_id: source, verdict, wrong, dice } as const;
  return useInfiniteQuery({
    queryKey: ["pairs", iterationId, query],
    initialPageParam: undefined as string | undefined,
    placeholderData: keepPreviousData,
    queryFn: ({ pageParam }) =>
      need(
        api.GET("/api/v1/iterations/{iteration_id}/pairs", {
          params: { path: { iteration_id: iterationId }, query: { ...query, after: pageParam } },
        }),
      ),
    getNextPageParam: (page) => page.next,
  });
}

function comparisonQuery(label: number | undefined) {
  return {
    queryKey: ["comparison", label],
    enabled: label !== undefined,
    queryFn: () =>
      need(api.GET("/api/v1/pseudo-labels/{label_id}/comparison", { params: { path: { label_id: label! } } })),
  };
}

function useComparison(label: number | undefined) {
  return useQuery(comparisonQuery(label));
}

/** The next pair is there before it is asked for. */
function usePrefetched(pair: Schemas["PairOut"] | undefined): void {
  const queries = useQueryClient();
  const [label, image] = [pair?.id, pair?.image_id];
  useEffect(() => {
    if (label === undefined || image === undefined) return;
    void queries.prefetchQuery(comparisonQuery(label));
    void queries.prefetchQuery(filmQuery(image));
  }, [queries, label, image]);
}
