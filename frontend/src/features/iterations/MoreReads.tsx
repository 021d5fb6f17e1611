import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, need, type Schemas } from "../../api/client";
import { newKey } from "../../api/key";
import { Failed } from "../../components/States";
import { added, more as words } from "../../texts/iterations";
import type { Clause } from "./clauses";

/** Has that read which a failing clause asks for: labels of a finding's sample, patients of HOLDOUT, planted errors. */
export function MoreReads({ audit, clause }: { audit: number; clause: Clause }) {
  const queries = useQueryClient();
  const [key] = useState(newKey);
  const draw = useMutation({
    mutationFn: (body: Schemas["MoreIn"]) =>
      need(
        api.POST("/api/v1/audits/{audit_id}/more-reads", {
          params: { path: { audit_id: audit }, header: { "idempotency-key": key } },
          body,
        }),
      ),
    onSettled: () => queries.invalidateQueries(),
  });
  if (draw.error) return <Failed error={draw.error} />;
  const { more, stream, finding } = clause;
  if (!more || !stream) return null;
  return (
    <Button
      size="compact-xs"
      variant="default"
      style={{ flex: "none" }}
      loading={draw.isPending}
      disabled={draw.isSuccess}
      onClick={() => draw.mutate({ stream, finding, reads: more })}
    >
      {draw.data ? added[stream](draw.data.added) : words[stream](more)}
    </Button>
  );
}
