import { Alert, Button, Code, Group, Loader, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, need, Problem, type Schemas } from "../../api/client";
import { Failed } from "../../components/States";
import { faults, trail as t } from "../../texts/trail";
import { Entry } from "./Entries";

const RUNS = "urn:overread:verification-runs";

/** Whether the trail holds, in plain words; where it does not, the first bad line and what happened to it. */
export function Verified() {
  const found = useQuery({
    queryKey: ["verification"],
    queryFn: () => need(api.GET("/api/v1/trail/verification")),
    staleTime: 300_000, // every hash is computed again: not each time that somebody looks back at the page
    refetchOnWindowFocus: false,
    // One at a time: what runs for somebody else, or for this page before it was left, is over soon.
    retry: (count, error) => count < 60 && error instanceof Problem && error.type === RUNS,
    retryDelay: 2_000,
  });
  return (
    <section className="panel" aria-label={t.state}>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          {t.state}
        </Title>
        <Button size="xs" variant="default" loading={found.isFetching} onClick={() => void found.refetch()}>
          {t.again}
        </Button>
      </Group>
      {found.isFetching ? (
        <Group gap="sm" role="status">
          <Loader type="dots" size="sm" color="gray" aria-hidden />
          <Text size="sm">{t.verifying}</Text>
        </Group>
      ) : found.error ? (
        <Failed error={found.error} />
      ) : found.data?.fault ? (
        <Broken fault={found.data.fault} />
      ) : (
        found.data && <Holds {...found.data} />
      )}
    </section>
  );
}

function Holds({ lines, anchors }: Schemas["VerificationOut"]) {
  return (
    <Stack gap="xs">
      <Text role="status" fw={600}>
        {t.holds(lines.toLocaleString("en"))}
      </Text>
      <details>
        <summary>{t.anchors}</summary>
        <Text size="sm" mt="xs" maw={760}>
          {t.anchorsWhat}
        </Text>
        <Code block className="anchors" tabIndex={0} aria-label={t.anchors}>
          {`${anchors.join("\n")}\n\noverread trail verify --expect FILE`}
        </Code>
      </details>
    </Stack>
  );
}

function Broken({ fault }: { fault: Schemas["FaultOut"] }) {
  const meaning = meaningOf(fault);
  return (
    <Alert color="red" variant="outline" title={t.broken} role="alert">
      <Stack gap="xs">
        {fault.entry && (
          <ol className="trail" aria-label={t.line(fault.entry.id)}>
            <li>
              <Entry entry={fault.entry} />
            </li>
          </ol>
        )}
        <Text size="sm" lang={meaning ? undefined : "en"}>
          {fault.entry && `${t.line(fault.entry.id)}. `}
          {meaning ?? fault.sentence}
        </Text>
        <Text size="sm">{t.brokenThen}</Text>
      </Stack>
    </Alert>
  );
}

/** Without an anchor no other fault can be seen. */
function meaningOf({ kind, beside }: Schemas["FaultOut"]): string | null {
  if (kind === "changed") return faults.changed;
  if (kind === "missing") return faults.missing;
  if ((kind === "inserted" || kind === "reordered") && beside !== null) return faults[kind](beside);
  return null;
}
