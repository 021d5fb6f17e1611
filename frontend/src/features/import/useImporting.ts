import {
  type UseMutationResult,
  type UseQueryResult,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { api, need, type Schemas } from "../../api/client";
import type { Asked } from "./form";
import type { ImportSearch } from "./search";

type Job = Schemas["JobOut"];
const POLL = 1_000;

export interface Importing {
  preview: UseQueryResult<Schemas["PreviewOut"]>;
  job: UseQueryResult<Job>;
  /** The source whose report is asked for, or that the import brought. */
  source: Schemas["SourceOut"] | undefined;
  ask: UseMutationResult<Job, Error, Asked>;
  bring: UseMutationResult<Job, Error, Asked>;
  stop: (job: number) => void;
}

export function isOver(job: Job): boolean {
  return job.state !== "queued" && job.state !== "running";
}

export function useSources(projectId: number) {
  return useQuery({
    queryKey: ["sources", projectId],
    queryFn: () =>
      need(api.GET("/api/v1/projects/{project_id}/sources", { params: { path: { project_id: projectId } } })),
  });
}

/** The preview and the import that the page's address names, and what begins, ends and tells of them. */
export function useImporting(projectId: number, search: ImportSearch): Importing {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const go = (to: ImportSearch): void => void navigate({ to: ".", search: to as never, replace: true });
  const path = { params: { path: { project_id: projectId } } };
  const preview = useQuery({
    queryKey: ["preview", search.preview],
    queryFn: () =>
      need(api.GET("/api/v1/previews/{job_id}", { params: { path: { job_id: search.preview as number } } })),
    enabled: search.preview !== undefined,
    refetchInterval: ({ state }) => (state.data && !isOver(state.data.job) ? POLL : false),
  });
  const job = useQuery({
    queryKey: ["job", search.job],
    queryFn: () => need(api.GET("/api/v1/jobs/{job_id}", { params: { path: { job_id: search.job as number } } })),
    enabled: search.job !== undefined,
    refetchInterval: ({ state }) => (state.data && !isOver(state.data) ? POLL : false),
  });
  const sources = useSources(projectId);
  const done = job.data?.state === "done";
  useEffect(() => {
    if (done) void queries.invalidateQueries({ queryKey: ["sources", projectId] });
  }, [done, projectId, queries]);
  const ask = useMutation({
    mutationFn: (body: Asked) => need(api.POST("/api/v1/projects/{project_id}/previews", { ...path, body })),
    onSuccess: ({ id }) => go({ preview: id }),
  });
  const bring = useMutation({
    mutationFn: (body: Asked) => need(api.POST("/api/v1/projects/{project_id}/sources", { ...path, body })),
    onSuccess: ({ id }) => go({ preview: search.preview, job: id }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["sources", projectId] }),
  });
  const stop = useMutation({
    mutationFn: (id: number) => need(api.POST("/api/v1/jobs/{job_id}/cancel", { params: { path: { job_id: id } } })),
    onSettled: () => queries.invalidateQueries(),
  });
  const source = sources.data?.find((one) =>
    search.source !== undefined ? one.id === search.source : done && one.name === preview.data?.asked.name,
  );
  return { preview, job, source, ask, bring, stop: stop.mutate };
}
