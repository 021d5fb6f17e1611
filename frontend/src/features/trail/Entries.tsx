import { Group, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Schemas } from "../../api/client";
import { Empty } from "../../components/States";
import { language } from "../../texts/language";
import { actions, trail as t } from "../../texts/trail";
import type { TrailSearch } from "./search";

/** In the reader's language where the catalogue has it: a later version may record other actions. */
export function actionName(action: string): string | null {
  return Object.hasOwn(actions, action) ? actions[action as keyof typeof actions] : null;
}

/** Lines of the trail, newest first, and the ways to older ones and back. */
export function Entries({ page, search }: { page: Schemas["TrailPageOut"]; search: TrailSearch }) {
  if (!page.entries.length) return <Empty title={t.nothing}>{t.nothingWhy}</Empty>;
  return (
    <section className="panel" aria-label={t.entries}>
      <Title order={2} size="h4" mb="xs">
        {t.entries}
      </Title>
      <ol className="trail">
        {page.entries.map((entry) => (
          <li key={entry.id}>
            <Entry entry={entry} />
          </li>
        ))}
      </ol>
      <Group mt="sm">
        {search.after && (
          <Link to="/trail" search={{ ...search, after: undefined }} className="back">
            {t.newest}
          </Link>
        )}
        {page.next !== null && (
          <Link to="/trail" search={{ ...search, after: page.next }} className="back">
            {t.older}
          </Link>
        )}
      </Group>
    </section>
  );
}

/** When, who and what; what is named as in the database stays as it is. */
export function Entry({ entry }: { entry: Schemas["EntryOut"] }) {
  const name = actionName(entry.action);
  return (
    <>
      <time dateTime={entry.at} className="steady quiet">
        {new Date(entry.at).toLocaleString(language(), { dateStyle: "medium", timeStyle: "medium" })}
      </time>
      <span className={entry.who === null ? "quiet" : undefined}>{entry.who ?? t.server}</span>
      <div>
        {name ?? <code>{entry.action}</code>} <code>{entry.subject}</code>
        {entry.project !== null && <span className="quiet"> · {entry.project}</span>}
        <Text size="xs" c="dimmed" component="div">
          <code>{entry.detail.map((one) => `${one.name}: ${one.value}`).join(" · ")}</code>
        </Text>
      </div>
    </>
  );
}
