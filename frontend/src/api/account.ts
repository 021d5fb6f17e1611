import { queryOptions } from "@tanstack/react-query";
import { api, need } from "./client";

/** Who is signed in here. */
export const myAccount = queryOptions({ queryKey: ["me"], queryFn: () => need(api.GET("/api/v1/me")) });
