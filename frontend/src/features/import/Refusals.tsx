import { Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "../../api/client";
import { Fetched } from "../../components/States";
import { refusals as t } from "../../texts/import";

/** Where the files that were refused for a reason are told: so many at most, and perhaps not those that came late. */
export interface Lines {
  key: (string | number)[];
  limit: number;
  some: boolean;
  ask: (reason: string) => Promise<{ file_name: string }[]>;
}

/** What was refused, by reason; each opens to its files. The reasons are the server's English. */
export function Refusals({ rows, lines }: { rows: Schemas["RefusedOut"][]; lines: Lines }) {
  return (
    <section aria-label={t.title}>
      <Title order={3} size="h5" mb={6}>
        {t.title}
      </Title>
      <ul className="refusals">
        {rows.map((row) => (
          <li key={row.reason}>
            <Refusal row={row} lines={lines} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Refusal({ row, lines }: { row: Schemas["RefusedOut"]; lines: Lines }) {
  const [open, setOpen] = useState(false);
  const files = useQuery({
    queryKey: [...lines.key, row.reason],
    queryFn: () => lines.ask(row.reason),
    enabled: open,
  });
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span lang="en">{row.reason}</span>{" "}
        <Text span size="xs" c="dimmed">
          {t.line(row.files, row.such_as)}
        </Text>
      </summary>
      {open && (
        <Fetched query={files}>
          {(found) => (
            <>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled can be scrolled by keys */}
              <ul className="files" tabIndex={0} aria-label={t.files(row.reason)}>
                {found.map((file) => (
                  <li key={file.file_name}>{file.file_name}</li>
                ))}
              </ul>
              {found.length < row.files && (
                <Text size="xs" c="dimmed">
                  {t.first(found.length)} {lines.some && found.length < lines.limit && t.rest}
                </Text>
              )}
            </>
          )}
        </Fetched>
      )}
    </details>
  );
}
