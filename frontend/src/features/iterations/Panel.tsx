import { Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Empty } from "../../components/States";
import { dashboards as t } from "../../texts/dashboards";

interface Props {
  title: string;
  what?: string;
  /** Why there is nothing to plot, where there is nothing. */
  empty: string | null;
  children: ReactNode;
}

/** A plot under its heading, or why there is none. */
export function Panel({ title, what, empty, children }: Props) {
  return (
    <section className="panel" aria-label={title}>
      <Stack gap="xs">
        <Title order={2} size="h4">
          {title}
        </Title>
        {what && !empty && (
          <Text size="xs" c="dimmed">
            {what}
          </Text>
        )}
        {empty ? <Empty title={t.none}>{empty}</Empty> : children}
      </Stack>
    </section>
  );
}
