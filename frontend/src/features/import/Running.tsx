import { Button, Group, Progress, Stack, Text, Title } from "@mantine/core";
import { useRef } from "react";
import type { Schemas } from "../../api/client";
import { seconds } from "../../components/words";
import { importing, progress as t } from "../../texts/import";
import { leftOf, type Seen } from "./rate";

interface Props {
  job: Schemas["JobOut"];
  title: string;
  stop: (job: number) => void;
}

/** How far a preview or an import is, how fast it goes and how long it will take. */
export function Running({ job, title, stop }: Props) {
  const { done, total, what } = job.progress;
  const first = useRef<Seen | null>(null);
  const now = { done, at: performance.now() / 1000 };
  // Measured here, from what was seen first: the server's clock is another.
  if (first.current === null || first.current.done > done || job.state === "queued") first.current = now;
  const { rate, left } = leftOf(first.current, now, total);
  return (
    <section className="panel" aria-label={title}>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2} size="h4">
            {title}
          </Title>
          <Button size="xs" variant="default" onClick={() => stop(job.id)}>
            {importing.stop}
          </Button>
        </Group>
        <Progress value={total ? Math.min(100, (100 * done) / total) : 0} aria-label={title} />
        <Text size="sm" className="steady">
          {job.state === "queued" || done === 0
            ? t[job.state === "queued" ? "waits" : "begins"]
            : [
                total ? t.doneOf(done, Math.max(done, total)) : t.done(done),
                rate === null ? null : t.rate(rate.toFixed(rate < 10 ? 1 : 0)),
                left === null ? null : t.left(seconds(left)),
              ]
                .filter(Boolean)
                .join(" · ")}
        </Text>
        {job.stalled && (
          <Text size="xs" c="orange">
            {t.stalled}
          </Text>
        )}
        <Text size="xs" c="dimmed" truncate>
          {what}
        </Text>
      </Stack>
    </section>
  );
}
