import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, need } from "../../api/client";
import { Failed } from "../../components/States";
import { gate as t } from "../../texts/iterations";
import type { Clause } from "./clauses";

/** Has the labels read that a failing clause asks for: the next in the order that was settled with the draw. */
export function MoreReads({ audit, clause }: { audit: number; clause: Clause }) {
  const queries = useQueryClient();
  const draw = useMutation({
    mutationFn: (reads: number) =>
      need(
        api.POST("/api/v1/audits/{audit_id}/more-reads", {
          params: { path: { audit_id: audit } },
          body: { finding: clause.finding, reads },
        }),
      ),
    onSettled: () => queries.invalidateQueries(),
  });
  if (draw.error) return <Failed error={draw.error} />;
  if (!clause.more) return null;
  return (
    <Button
      size="compact-xs"
      variant="default"
      style={{ flex: "none" }}
      loading={draw.isPending}
      onClick={() => draw.mutate(clause.more ?? 0)}
    >
      {t.more(clause.more)}
    </Button>
  );
}
