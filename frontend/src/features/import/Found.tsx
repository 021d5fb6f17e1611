import { Alert, Group, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, need, type Schemas } from "../../api/client";
import { remarkOf } from "../../components/remarks";
import { Fetched } from "../../components/States";
import { came as t } from "../../texts/import";
import { Findings, Newer, Splits } from "./Counts";
import { type Edit, Names } from "./Names";
import { type Lines, Refusals } from "./Refusals";

const LIMIT = 200;

/** What an import would bring. */
export function OfPreview({
  preview,
  found,
  fresh,
  edit,
}: {
  preview: Schemas["PreviewOut"];
  found: Schemas["ForeseenOut"];
  fresh: boolean;
  edit: Edit;
}) {
  const lines: Lines = {
    key: ["refused", preview.job.id],
    limit: LIMIT,
    some: true,
    ask: (reason) =>
      need(
        api.GET("/api/v1/previews/{job_id}/refused", {
          params: { path: { job_id: preview.job.id }, query: { reason, limit: LIMIT } },
        }),
      ),
  };
  const { added = 0, changed = 0, unchanged = 0, refused = 0 } = found.outcomes;
  return (
    <section className="panel" aria-label={t.would} data-stale={fresh ? undefined : ""}>
      <Stack gap="lg">
        <Stack gap={4}>
          <Title order={2} size="h4">
            {t.would}
          </Title>
          <Text size="xs" c="dimmed">
            {t.wouldWhat}
          </Text>
          <Group gap="lg" className="steady">
            <Text fw={600}>{t.added(added)}</Text>
            {changed > 0 && <Text fw={600}>{t.changed(changed)}</Text>}
            <Text c="dimmed">{t.unchanged(unchanged)}</Text>
            <Text c={refused ? "orange" : "dimmed"}>{t.refused(refused)}</Text>
          </Group>
        </Stack>
        {added + changed + unchanged === 0 && (
          <Alert className="failed" color="orange" variant="outline" role="alert">
            {t.noFilm}
          </Alert>
        )}
        <Report report={found.report} notes={found.notes} lines={lines} edit={edit} />
      </Stack>
    </section>
  );
}

/** What came in with a source, in the same drawing. */
export function OfSource({ source }: { source: Schemas["SourceOut"] }) {
  const path = { source_id: source.id };
  const query = useQuery({
    queryKey: ["report", source.id, source.counts],
    queryFn: () => need(api.GET("/api/v1/sources/{source_id}/report", { params: { path } })),
  });
  const lines: Lines = {
    key: ["lines", source.id],
    limit: LIMIT,
    some: false,
    ask: (reason) =>
      need(
        api.GET("/api/v1/sources/{source_id}/lines", {
          params: { path, query: { outcome: "refused", reason, limit: LIMIT } },
        }),
      ),
  };
  return (
    <section className="panel" aria-label={t.came}>
      <Stack gap="lg">
        <Stack gap={4}>
          <Title order={2} size="h4">
            {t.came}
          </Title>
          <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            {t.lies(source.name)}
          </Text>
        </Stack>
        <Fetched query={query}>
          {(report) => <Report report={report} notes={source.notes} lines={lines} edit={null} />}
        </Fetched>
      </Stack>
    </section>
  );
}

interface ReportProps {
  report: Schemas["SourceReportOut"];
  notes: Schemas["SourceNoteOut"][];
  lines: Lines;
  edit: Edit | null;
}

function Report({ report, notes, lines, edit }: ReportProps) {
  return (
    <>
      {notes.length > 0 && (
        <section className="noted" aria-label={t.notes}>
          <Title order={3} size="h5">
            {t.notes}
          </Title>
          <ul>
            {notes.map((note) => (
              <li key={note.sentence}>{remarkOf(note)}</li>
            ))}
          </ul>
        </section>
      )}
      {report.splits.length > 0 && <Splits rows={report.splits} />}
      {report.classes.length > 0 && <Names rows={report.classes} edit={edit} />}
      {report.splits.length > 0 && <Findings rows={report.findings} />}
      {report.changed.length > 0 && <Newer changed={report.changed} older={report.older} />}
      {report.refused.length > 0 && <Refusals rows={report.refused} lines={lines} />}
    </>
  );
}
