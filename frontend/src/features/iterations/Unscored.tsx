import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, need, type Schemas } from "../../api/client";
import { findingName } from "../../components/words";
import { splits, unscored as t } from "../../texts/sources";

/** What the next iteration could not be scored on, a line for what each split lacks. */
export function Unscored({ projectId }: { projectId: number }) {
  const rows = useQuery({
    queryKey: ["unscored", projectId],
    queryFn: () =>
      need(api.GET("/api/v1/projects/{project_id}/unscored", { params: { path: { project_id: projectId } } })),
  });
  const told = rows.data ?? [];
  const lacks = new Set(told.map(lacking));
  return [...lacks].map((lack) => (
    <Text size="xs" c="orange" key={lack}>
      {lack}{" "}
      {told
        .filter((row) => lacking(row) === lack)
        .map((row) => findingName(row.finding))
        .join(", ")}
    </Text>
  ));
}

function lacking({ split, positives, negatives }: Schemas["UnscoredOut"]): string {
  if (positives > 0) return t.everybody(splits[split]);
  return negatives > 0 ? t.nobody(splits[split]) : t.untold(splits[split]);
}
