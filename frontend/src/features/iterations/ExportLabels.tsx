import { Button, Group, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "../../api/client";
import { Choice } from "../../components/Choice";
import { findingName } from "../../components/words";
import { exports as t } from "../../texts/exports";
import { decisions } from "../../texts/pool";

interface Props {
  project: Schemas["ProjectOut"];
  sources: Schemas["SourceOut"][];
  iterations: Schemas["IterationOut"][];
}

interface Filter {
  name: "finding" | "by" | "decision" | "iteration" | "source" | "split";
  all: string;
  choices: { value: string; label: string }[];
}

const FORMATS = ["coco", "jsonl", "boxes", "siim", "png", "nnunet", "seg", "parquet", "webdataset"] as const;
const SOURCES_SAY = ["statements", "source-boxes"] as const; // and no labels, so that nobody's word stands over another's
const OF_FILMS = ["finding", "source", "split"]; // what is asked of these too
const WORDS = ["reference", "read", "pseudo", "public"] as const;
const DECISIONS = ["positive", "negative", "uncertain"] as const;
const SPLITS = ["train", "development", "external", "pool", "holdout"] as const;
const LABELLED = new Set(["auditing", "closed"]);

/** The labels that stand, or what sources say beside masks, as a file: its form, and which of them, by all that the API
 * and the CLI ask for too. */
export function ExportLabels(props: Props) {
  const { project } = props;
  const [form, setForm] = useState("coco");
  const [filter, setFilter] = useState<Record<string, string>>({});
  const labels = FORMATS.some((one) => one === form);
  const asks = (name: string) => labels || OF_FILMS.includes(name);
  const asked = new URLSearchParams(Object.entries(filter).filter(([name, value]) => value && asks(name)));
  const unnamed = form === "siim" && project.findings.length > 1 && !filter.finding;
  return (
    <details>
      <summary>{t.open}</summary>
      <Group align="end" gap="sm" mt="xs">
        <Choice
          label={t.format}
          value={form}
          data={[...FORMATS, ...SOURCES_SAY].map((one) => told(one, t[one]))}
          choose={setForm}
        />
        {filtersOf(props)
          .filter(({ name }) => asks(name))
          .map(({ name, all, choices }) => (
            <Choice
              key={name}
              label={t[name]}
              value={filter[name]}
              data={[told("", all), ...choices]}
              choose={(value) => setFilter({ ...filter, [name]: value })}
            />
          ))}
        {labels && (
          <TextInput
            size="xs"
            w={130}
            label={t.reader}
            value={filter.reader ?? ""}
            onChange={(event) => setFilter({ ...filter, reader: event.currentTarget.value })}
          />
        )}
        {unnamed || <Download address={`/api/v1/projects/${project.id}/labels/${form}?${asked}`} />}
      </Group>
      <Text size="xs" c="dimmed" mt={6}>
        {unnamed ? t.oneFinding : t.rest}
      </Text>
    </details>
  );
}

/** A link without a file's name: a refusal is then a page that says why, not a file that never comes. */
function Download({ address }: { address: string }) {
  return (
    <Button component="a" size="xs" variant="default" href={address}>
      {t.take}
    </Button>
  );
}

function filtersOf({ project, sources, iterations }: Props): Filter[] {
  const labelled = iterations.filter(({ stage }) => LABELLED.has(stage)).map(({ index }) => String(index));
  return [
    { name: "finding", all: t.every, choices: project.findings.map((one) => told(one, findingName(one))) },
    { name: "by", all: t.everybody, choices: WORDS.map((one) => told(one, t[one])) },
    { name: "decision", all: t.every, choices: DECISIONS.map((one) => told(one, decisions[one])) },
    { name: "iteration", all: t.newest, choices: labelled.map((one) => told(one, one)) },
    { name: "source", all: t.every, choices: sources.map(({ name }) => told(name, name)) },
    { name: "split", all: t.every, choices: SPLITS.map((one) => told(one, t[one])) },
  ];
}

function told(value: string, label: string): { value: string; label: string } {
  return { value, label };
}
