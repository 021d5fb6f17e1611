import { Group, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, need, type Schemas } from "../../api/client";
import { Choice } from "../../components/Choice";
import { compare, says } from "../../texts/compare";
import { decisions, orders, pool as t } from "../../texts/pool";
import { DECISIONS, ORDERS, SAID, type WallSearch } from "./wall";

interface Props {
  iteration: Schemas["IterationDetail"];
  search: WallSearch;
  ask: (change: WallSearch) => void;
  masks: boolean;
  onMasks: (on: boolean) => void;
}

/** Which films are on the wall, in which order, and whether their masks are drawn. */
export function Filters({ iteration, search, ask, masks, onMasks }: Props) {
  const { sources, views } = useKinds(iteration.project_id);
  // The first iteration has none before it to differ from.
  const here = ORDERS.filter((value) => iteration.index > 0 || value !== "changed");
  const all = { value: "", label: t.all };
  const pools = sources.filter((source) => source.role === "pool");
  // The films of sources that share patients' keys come from one hospital.
  const sites = [...new Set(pools.map((source) => source.namespace))];
  const set = (change: Record<string, unknown>): void => ask(change as WallSearch);
  const chooser = (name: keyof WallSearch) => (value: string) => set({ [name]: value || undefined });
  return (
    <Group gap="md" align="end">
      <Choice
        label={t.sort}
        value={search.order ?? "risk"}
        choose={chooser("order")}
        data={here.map((value) => ({ value, label: orders[value] }))}
      />
      <Choice
        label={t.decision}
        value={search.decision}
        choose={chooser("decision")}
        data={worded(DECISIONS, decisions)}
      />
      <Choice
        label={t.source}
        value={search.source}
        choose={(value) => set({ source: Number(value) || undefined })}
        data={[all, ...pools.map((source) => ({ value: String(source.id), label: source.name }))]}
      />
      {sites.length > 1 && (
        <Choice label={t.site} value={search.site} choose={chooser("site")} data={[all, ...sites]} />
      )}
      <Choice
        label={t.view}
        value={search.view}
        choose={chooser("view")}
        data={[all, ...views.map((value) => ({ value, label: value === "unknown" ? t.unknown : value }))]}
      />
      <Choice label={compare.sourceSays} value={search.said} choose={chooser("said")} data={worded(SAID, says)} />
      <Switch
        size="xs"
        label={t.masks}
        checked={masks}
        onChange={(event) => onMasks(event.currentTarget.checked)}
        mb={6}
      />
    </Group>
  );
}

/** All, or one of these. */
function worded<Word extends string>(values: readonly Word[], words: Record<Word, string>) {
  return [{ value: "", label: t.all }, ...values.map((value) => ({ value, label: words[value] }))];
}

/** The sources of a project, and the views that its films were taken in. */
function useKinds(projectId: number) {
  const path = { params: { path: { project_id: projectId } } };
  const sources = useQuery({
    queryKey: ["sources", projectId],
    queryFn: () => need(api.GET("/api/v1/projects/{project_id}/sources", path)),
  });
  const views = useQuery({
    queryKey: ["views", projectId],
    queryFn: () => need(api.GET("/api/v1/projects/{project_id}/views", path)),
  });
  return { sources: sources.data ?? [], views: views.data ?? [] };
}
