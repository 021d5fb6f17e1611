import { Grid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, need, type Schemas } from "../../api/client";
import { PageHead } from "../../components/PageHead";
import { Empty, Failed, Fetched } from "../../components/States";
import { app } from "../../texts/app";
import { progress, importing as t } from "../../texts/import";
import { OfPreview, OfSource } from "./Found";
import { alike, bodyOf, EMPTY, type Form, formOf } from "./form";
import { Running } from "./Running";
import { SourceForm } from "./SourceForm";
import { Sources } from "./Sources";
import { type Importing, isOver, useImporting } from "./useImporting";
import "./import.css";

/** A source is looked at before it comes in, brought in, and told of. */
export function ImportPage() {
  const { projectId } = useParams({ from: "/shell/projects/$projectId/import" });
  const id = Number(projectId);
  const readers = useQuery({ queryKey: ["readers"], queryFn: () => need(api.GET("/api/v1/readers")) });
  const projects = useQuery({ queryKey: ["projects"], queryFn: () => need(api.GET("/api/v1/projects")) });
  const project = projects.data?.find((one) => one.id === id);
  return (
    <Stack gap="lg">
      <PageHead title={t.title}>
        <Text c="dimmed">{project?.name}</Text>
        <Link to="/projects/$projectId" params={{ projectId }} className="back quiet">
          {app.toIterations}
        </Link>
      </PageHead>
      <Fetched query={readers}>
        {(rows) => (
          <>
            <Text size="sm" c="dimmed" maw={820}>
              {t.what}
            </Text>
            <Asking projectId={id} readers={rows} findings={project?.findings ?? []} />
          </>
        )}
      </Fetched>
    </Stack>
  );
}

interface AskingProps {
  projectId: number;
  readers: Schemas["ReaderOut"][];
  findings: string[];
}

/** The form as the preview in the address was asked, or empty. */
function Asking(props: AskingProps) {
  const search = useSearch({ from: "/shell/projects/$projectId/import" });
  const work = useImporting(props.projectId, search);
  // A new preview keeps the form that asked it; the form is read back only where the page is opened anew.
  const [first] = useState(search.preview);
  if (first !== undefined && search.preview === first && work.preview.data === undefined && !work.preview.error)
    return <Fetched query={work.preview}>{() => null}</Fetched>;
  return <Room {...props} work={work} begun={work.preview.data ? formOf(work.preview.data.asked) : EMPTY} />;
}

function Room({ projectId, readers, findings, work, begun }: AskingProps & { work: Importing; begun: Form }) {
  const [form, setForm] = useState(begun);
  const set = (change: Partial<Form>): void => setForm((before) => ({ ...before, ...change }));
  const reader = readers.find((one) => one.name === form.reader);
  const body = bodyOf(form, reader?.needs_folder ?? true);
  const fresh = work.preview.data !== undefined && alike(work.preview.data.asked, body);
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, md: 4 }}>
        <Stack>
          <SourceForm readers={readers} form={form} set={set} body={body} fresh={fresh} work={work} />
          <Sources projectId={projectId} />
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, md: 8 }}>
        <Outcome
          work={work}
          fresh={fresh}
          findings={findings}
          names={form.names}
          rename={(name, finding) => set({ names: { ...form.names, [name]: finding } })}
        />
      </Grid.Col>
    </Grid>
  );
}

interface OutcomeProps {
  work: Importing;
  fresh: boolean;
  findings: string[];
  names: Record<string, string>;
  rename: (name: string, finding: string) => void;
}

/** What was refused just now, over what is under way or what it came to. */
function Outcome(props: OutcomeProps) {
  const { ask, bring } = props.work;
  const refused = ask.error ?? bring.error;
  return (
    <Stack>
      {refused && <Failed error={refused} />}
      <CameTo {...props} />
    </Stack>
  );
}

/** A source that was asked for goes before an import, and an import before its preview. */
function CameTo({ work, fresh, findings, names, rename }: OutcomeProps) {
  const job = work.job.data;
  const preview = work.preview.data;
  const failed = work.preview.error ?? work.job.error;
  if (failed) return <Failed error={failed} />;
  if (work.source) return <OfSource source={work.source} />;
  if (work.preview.isLoading) return <Fetched query={work.preview}>{() => null}</Fetched>;
  if (job && !isOver(job)) return <Running job={job} title={progress.importing} stop={work.stop} />;
  if (job && job.state !== "done") return <Ended error={job.error} title={progress.failedImport} />;
  if (!preview) return <Empty title={t.nothingTitle}>{t.nothing}</Empty>;
  if (!isOver(preview.job)) return <Running job={preview.job} title={progress.previewing} stop={work.stop} />;
  if (!preview.found) return <Ended error={preview.job.error} title={progress.failedPreview} />;
  return <OfPreview preview={preview} found={preview.found} fresh={fresh} edit={{ findings, names, rename }} />;
}

/** A job that did not come to its end; without an error somebody stopped it. */
function Ended({ error, title }: { error: string | null; title: string }) {
  return error ? <Failed error={new Error(error)} title={title} /> : <Empty title={title}>{progress.stopped}</Empty>;
}
