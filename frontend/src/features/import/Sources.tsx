import { Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { importing as t } from "../../texts/import";
import { roles } from "../../texts/iterations";
import { useSources } from "./useImporting";

/** What is here already; each opens its report. */
export function Sources({ projectId }: { projectId: number }) {
  const sources = useSources(projectId);
  if (!sources.data?.length) return null;
  return (
    <section className="panel" aria-label={t.sources}>
      <Title order={2} size="h4" mb={6}>
        {t.sources}
      </Title>
      <ul className="sources">
        {sources.data.map(({ id, name, role, counts }) => (
          <li key={id}>
            <Link
              to="/projects/$projectId/import"
              params={{ projectId: String(projectId) }}
              search={{ source: id }}
              className="back"
            >
              {name}
            </Link>{" "}
            <Text span size="xs" c="dimmed">
              {t.sourceLine(roles[role], filmsOf(counts))}
            </Text>
          </li>
        ))}
      </ul>
    </section>
  );
}

function filmsOf(counts: Record<string, number>): number {
  return Object.entries(counts).reduce((sum, [split, films]) => (split === "masks" ? sum : sum + films), 0);
}
