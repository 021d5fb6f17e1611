import { queryOptions } from "@tanstack/react-query";
import { api, need } from "./client";

/** What keeps people from working, asked now and then. */
export const health = queryOptions({
  queryKey: ["health"],
  queryFn: () => need(api.GET("/api/v1/health")),
  refetchInterval: 5_000,
  retry: false,
});
