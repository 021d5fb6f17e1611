import { Button, Group, NativeSelect, Text, Title } from "@mantine/core";
import type { Schemas } from "../../api/client";
import { csvOf, save } from "../../components/download";
import { findingName } from "../../components/words";
import { came, names as t } from "../../texts/import";

export interface Edit {
  findings: string[];
  /** What was said since: the source's name → a finding, or "". */
  names: Record<string, string>;
  rename: (name: string, finding: string) => void;
}

/** What the source itself calls its findings, and which of ours each is taken for; to be changed before it comes in. */
export function Names({ rows, edit }: { rows: Schemas["ClassCountOut"][]; edit: Edit | null }) {
  const meant = (row: Schemas["ClassCountOut"]): string => edit?.names[row.name] ?? row.finding ?? "";
  const table = (): string =>
    csvOf({ columns: ["name", "finding", "films"], rows: rows.map((row) => [row.name, meant(row), row.films]) });
  return (
    <section aria-label={t.title}>
      <Group justify="space-between" mb={2}>
        <Title order={3} size="h5">
          {t.title}
        </Title>
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => save(new Blob([table()], { type: "text/csv" }), "names.csv")}
        >
          {t.csv}
        </Button>
      </Group>
      <Text size="xs" c="dimmed" mb={6}>
        {edit ? t.what : t.whatCame}
      </Text>
      <ul className="names">
        {rows.map((row) => (
          <li key={row.name}>
            <span className="own">{row.name}</span>
            <Text span size="xs" c="dimmed" className="steady">
              {came.films(row.films)}
            </Text>
            {edit ? (
              <NativeSelect
                size="xs"
                aria-label={t.of(row.name)}
                value={meant(row)}
                onChange={(event) => edit.rename(row.name, event.currentTarget.value)}
                data={[
                  { value: "", label: t.leaveOut },
                  ...edit.findings.map((value) => ({ value, label: findingName(value) })),
                ]}
              />
            ) : (
              <Text span size="sm" c={row.finding ? undefined : "dimmed"}>
                {row.finding ? findingName(row.finding) : t.leftOut}
              </Text>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
