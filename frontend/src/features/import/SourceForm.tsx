import { Alert, Button, Group, NativeSelect, NumberInput, Stack, Text, TextInput, Title } from "@mantine/core";
import type { Schemas } from "../../api/client";
import { splitName } from "../../components/remarks";
import { importing as t } from "../../texts/import";
import { roles } from "../../texts/iterations";
import { FolderPicker } from "./FolderPicker";
import { type Asked, type Form, inFolder, SPLITS, sumOf } from "./form";
import { ReaderOptions } from "./ReaderOptions";
import { type Importing, isOver } from "./useImporting";

interface Props {
  readers: Schemas["ReaderOut"][];
  form: Form;
  set: (change: Partial<Form>) => void;
  body: Asked;
  /** Whether the form says what the preview was asked. */
  fresh: boolean;
  work: Importing;
}

/** What to import, and the two buttons: look first, then bring in exactly what was looked at. */
export function SourceForm({ readers, form, set, body, fresh, work }: Props) {
  const reader = readers.find((one) => one.name === form.reader);
  const shared = form.role !== "labelled" || sumOf(form.shares) === 100;
  return (
    <form
      className="panel"
      aria-label={t.source}
      onSubmit={(event) => {
        event.preventDefault();
        work.ask.mutate(body);
      }}
    >
      <Stack gap="sm">
        <Title order={2} size="h4">
          {t.source}
        </Title>
        <NativeSelect
          size="xs"
          label={t.reader}
          value={form.reader}
          onChange={(event) => set({ reader: event.currentTarget.value, options: {}, names: {} })}
          data={readers.map((one) => one.name)}
        />
        <Text size="xs" c="dimmed" lang="en">
          {reader?.sentence}
        </Text>
        {reader?.needs_folder && <FolderPicker path={form.path} choose={(path) => set(inFolder(form, path))} />}
        <Identity form={form} set={set} />
        {form.role === "labelled" && <Shares form={form} set={set} />}
        {reader && <ReaderOptions key={reader.name} reader={reader} form={form} set={set} />}
        <Buttons shared={shared} body={body} fresh={fresh} work={work} />
      </Stack>
    </form>
  );
}

function Buttons({ shared, body, fresh, work }: { shared: boolean } & Pick<Props, "body" | "fresh" | "work">) {
  const preview = work.preview.data;
  const previewed = preview !== undefined && preview.found !== null;
  const busy = (preview !== undefined && !isOver(preview.job)) || (work.job.data ? !isOver(work.job.data) : false);
  const films = (preview?.found?.outcomes.added ?? 0) + (preview?.found?.outcomes.unchanged ?? 0);
  return (
    <>
      {previewed && !fresh && (
        <Alert className="failed" color="orange" variant="outline" p="xs" role="status">
          <Text size="xs">{t.stale}</Text>
        </Alert>
      )}
      <Group gap="sm">
        <Button
          type="submit"
          variant={previewed && fresh ? "default" : "filled"}
          loading={work.ask.isPending}
          disabled={busy || !shared || !body.name}
        >
          {previewed ? t.again : t.preview}
        </Button>
        {previewed && work.job.data?.state !== "done" && (
          <Button
            onClick={() => work.bring.mutate(preview.asked)}
            loading={work.bring.isPending}
            disabled={busy || !fresh || films === 0}
          >
            {t.import}
          </Button>
        )}
      </Group>
    </>
  );
}

function Identity({ form, set }: Pick<Props, "form" | "set">) {
  const text = (name: "name" | "licence" | "namespace", label: string, description?: string, required = false) => (
    <TextInput
      size="xs"
      label={label}
      description={description}
      required={required}
      maxLength={name === "licence" ? 500 : 100}
      value={form[name]}
      onChange={(event) => set({ [name]: event.currentTarget.value })}
    />
  );
  return (
    <>
      {text("name", t.name, undefined, true)}
      <NativeSelect
        size="xs"
        label={t.role}
        description={t.roleWhat}
        value={form.role}
        onChange={(event) => set({ role: event.currentTarget.value as Form["role"] })}
        data={(["labelled", "external", "pool"] as const).map((value) => ({ value, label: roles[value] }))}
      />
      {text("licence", t.licence)}
      {text("namespace", t.namespace, t.namespaceWhat)}
    </>
  );
}

function Shares({ form, set }: Pick<Props, "form" | "set">) {
  const sum = sumOf(form.shares);
  return (
    <fieldset className="plain">
      <Text component="legend" size="xs" fw={600} mb={4}>
        {t.shares}
      </Text>
      <Group gap="xs" wrap="nowrap" align="end">
        {SPLITS.map((split) => (
          <NumberInput
            key={split}
            size="xs"
            flex={1}
            label={splitName(split)}
            min={0}
            max={100}
            allowDecimal={false}
            value={form.shares[split]}
            onChange={(value) => set({ shares: { ...form.shares, [split]: Number(value) } })}
          />
        ))}
      </Group>
      {sum !== 100 && (
        <Text size="xs" c="orange" mt={4} role="status">
          {t.sharesOff(sum)}
        </Text>
      )}
    </fieldset>
  );
}
