import { Group, Stack, Text, Title } from "@mantine/core";
import type { Schemas } from "../../api/client";
import { splitName } from "../../components/remarks";
import { findingName } from "../../components/words";
import { came as t } from "../../texts/import";

type Finding = Schemas["FindingCountOut"];

/** Films and patients of each split, as bars of one scale. */
export function Splits({ rows }: { rows: Schemas["SplitCountOut"][] }) {
  const most = Math.max(...rows.map((row) => row.films));
  return (
    <section aria-label={t.splits}>
      <Title order={3} size="h5" mb={6}>
        {t.splits}
      </Title>
      <dl className="counts">
        {rows.map((row) => (
          <div key={row.split}>
            <dt>{splitName(row.split)}</dt>
            <dd>
              <Bar parts={[{ value: row.films, ink: "var(--pool)" }]} of={most} />
              <Text size="xs" c="dimmed" className="steady">
                {t.ofPatients(row.films, row.patients, row.most_of_one)}
              </Text>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

const KINDS = [
  { kind: "lesion", ink: "var(--mask)", word: () => t.lesion },
  { kind: "no_lesion", ink: "var(--good)", word: () => t.noLesion },
  { kind: "unknown", ink: "var(--none)", word: () => t.unknown },
] as const;

/** Of each finding and split the films that show it, that do not, and of which nobody said. */
export function Findings({ rows }: { rows: Finding[] }) {
  const findings = [...new Set(rows.map((row) => row.finding))];
  return (
    <section aria-label={t.findings}>
      <Group justify="space-between" mb={6}>
        <Title order={3} size="h5">
          {t.findings}
        </Title>
        <Group gap="sm" aria-hidden>
          {KINDS.map(({ kind, ink, word }) => (
            <Group gap={5} key={kind}>
              <span className="swatch" style={{ background: ink }} />
              <Text size="xs" c="dimmed">
                {word()}
              </Text>
            </Group>
          ))}
        </Group>
      </Group>
      <Stack gap="sm">
        {findings.map((finding) => (
          <div key={finding}>
            <Text size="sm" fw={500} mb={2}>
              {findingName(finding)}
            </Text>
            <dl className="counts">
              {rows
                .filter((row) => row.finding === finding)
                .map((row) => (
                  <Row key={row.split} row={row} />
                ))}
            </dl>
          </div>
        ))}
      </Stack>
    </section>
  );
}

function Row({ row }: { row: Finding }) {
  const all = row.lesion + row.no_lesion + row.unknown;
  const { least, largest } = row;
  return (
    <div>
      <dt>{splitName(row.split)}</dt>
      <dd>
        <Bar parts={KINDS.map(({ kind, ink }) => ({ value: row[kind], ink }))} of={all} />
        <Text size="xs" c="dimmed" className="steady">
          {t.counts(row.lesion, row.no_lesion, row.unknown)}
          {least && largest && (
            <span title={`${least.file_name} – ${largest.file_name}`}>
              {"; "}
              {t.masks(sized(least.share), sized(largest.share))}
            </span>
          )}
          {row.present + row.absent + row.uncertain > 0 && `; ${t.said(row.present, row.absent, row.uncertain)}`}
          {row.boxed > 0 && `; ${t.boxed(row.boxed)}`}
        </Text>
      </dd>
    </div>
  );
}

/** Masks that gave way to newer ones, and which iterations learned from those before. */
export function Newer({ changed, older }: Pick<Schemas["SourceReportOut"], "changed" | "older">) {
  return (
    <section aria-label={t.newer}>
      <Title order={3} size="h5" mb={6}>
        {t.newer}
      </Title>
      <Text size="sm" component="ul" m={0} pl="md">
        {changed.map((one) => (
          <li key={`${one.finding} ${one.split}`}>
            {t.gaveWay(findingName(one.finding), splitName(one.split), one.films)}
          </li>
        ))}
        {older.map((one) => (
          <li key={one.iteration}>{t.learned(one.iteration, one.masks)}</li>
        ))}
      </Text>
    </section>
  );
}

/** As percent, in two figures. */
function sized(share: number): string {
  return `${Number((100 * share).toPrecision(2))}%`;
}

/** What is said in words beside it. */
function Bar({ parts, of }: { parts: { value: number; ink: string }[]; of: number }) {
  return (
    <div className="bar-of" aria-hidden>
      {parts
        .filter((part) => part.value > 0)
        .map((part) => (
          <span key={part.ink} style={{ background: part.ink, width: `${(100 * part.value) / Math.max(1, of)}%` }} />
        ))}
    </div>
  );
}
