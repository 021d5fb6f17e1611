/** Which films hang on the wall, as the address says it and as the server is asked. */

import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { api, need, type Schemas } from "../../api/client";

export const ORDERS = ["risk", "agreement", "variance", "presence", "area", "changed"] as const;
export const DECISIONS = ["positive", "negative", "uncertain"] as const;
export const SAID = ["present", "absent", "uncertain", "boxed"] as const;
export type Order = (typeof ORDERS)[number];
export type Tile = Schemas["TileOut"];

export interface WallSearch {
  finding?: string;
  order?: Order;
  decision?: (typeof DECISIONS)[number];
  source?: number;
  site?: string;
  view?: string;
  said?: (typeof SAID)[number]; // by the film's source, beside masks
  presence?: string; // low-high, as the server takes it
  area?: string;
  changed?: string;
}

const RANGE = /^[0-9.]{1,12}-[0-9.]{1,12}$/;

/** What of an address is a wall's; the rest is dropped, so that a mistyped one still shows films. */
export function wallSearch(search: Record<string, unknown>): WallSearch {
  const { finding, order, decision, source, site, view, said, presence, area, changed } = search;
  return {
    ...(typeof finding === "string" ? { finding } : {}),
    ...(ORDERS.some((word) => word === order) ? { order: order as Order } : {}),
    ...(DECISIONS.some((word) => word === decision) ? { decision: decision as (typeof DECISIONS)[number] } : {}),
    ...(Number.isInteger(source) ? { source: Number(source) } : {}),
    ...(typeof site === "string" ? { site } : {}),
    ...(typeof view === "string" ? { view } : {}),
    ...(SAID.some((word) => word === said) ? { said: said as (typeof SAID)[number] } : {}),
    ...(typeof presence === "string" && RANGE.test(presence) ? { presence } : {}),
    ...(typeof area === "string" && RANGE.test(area) ? { area } : {}),
    ...(typeof changed === "string" && RANGE.test(changed) ? { changed } : {}),
  };
}

function asked(finding: string, { order, source, ...rest }: WallSearch) {
  return { ...rest, finding, order: order ?? "risk", source_id: source };
}

// A published labelling never changes: what was fetched of it stays true until its audit lets go of what it drew.
const FOREVER = { staleTime: Number.POSITIVE_INFINITY };

export type Audited = Pick<Schemas["IterationDetail"], "id" | "stage">;

export function useWall({ id, stage }: Audited, finding: string, search: WallSearch) {
  const query = asked(finding, search);
  const path = { iteration_id: id };
  const wall = useQuery({
    ...FOREVER,
    queryKey: ["wall", id, stage, query],
    enabled: finding !== "",
    queryFn: () => need(api.GET("/api/v1/iterations/{iteration_id}/pool/wall", { params: { path, query } })),
  });
  const { order: _, ...counted } = query;
  const histograms = useQuery({
    ...FOREVER,
    queryKey: ["histograms", id, stage, counted],
    enabled: finding !== "",
    placeholderData: keepPreviousData,
    queryFn: () =>
      need(api.GET("/api/v1/iterations/{iteration_id}/pool/histograms", { params: { path, query: counted } })),
  });
  return { query, wall, histograms };
}

/** The pages in sight; a page that scrolls away before it came is not waited for. */
export function usePages(
  { id, stage }: Audited,
  query: ReturnType<typeof asked>,
  wall: Schemas["WallOut"],
  pages: number[],
): { tiles: Map<number, Tile>; error: Error | null; retry: () => void } {
  const answers = useQueries({
    queries: pages.map((page) => ({
      ...FOREVER,
      queryKey: ["tiles", id, stage, query, page],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        need(
          api.GET("/api/v1/iterations/{iteration_id}/pool/tiles", {
            params: { path: { iteration_id: id }, query: { ...query, after: wall.after[page - 1] } },
            signal,
          }),
        ),
    })),
  });
  const tiles = new Map<number, Tile>();
  answers.forEach((answer, i) => {
    answer.data?.forEach((tile, place) => {
      tiles.set(pages[i]! * wall.page + place, tile);
    });
  });
  const failed = answers.find((answer) => answer.error);
  return { tiles, error: failed?.error ?? null, retry: () => void failed?.refetch() };
}
