import { Button, Group, Text } from "@mantine/core";
import { useState } from "react";
import { Choice } from "../../components/Choice";
import { findingName } from "../../components/words";
import { exports as t } from "../../texts/exports";

interface Props {
  projectId: number;
  findings: string[];
}

/** The labels that stand, as a file: its form, one finding or all, and whose word. */
export function ExportLabels({ projectId, findings }: Props) {
  const [form, setForm] = useState("coco");
  const [filter, setFilter] = useState<Record<string, string>>({});
  const asked = new URLSearchParams(Object.entries(filter).filter(([, value]) => value));
  const formats = ["coco", "jsonl", "boxes", "png", "nnunet", "seg", "parquet", "webdataset"] as const;
  const words = ["reference", "read", "pseudo", "public"] as const;
  return (
    <details>
      <summary>{t.open}</summary>
      <Group align="end" gap="sm" mt="xs">
        <Choice
          label={t.format}
          value={form}
          data={formats.map((value) => ({ value, label: t[value] }))}
          choose={setForm}
        />
        <Choice
          label={t.finding}
          value={filter.finding}
          data={[{ value: "", label: t.everyFinding }, ...findings.map(named)]}
          choose={(finding) => setFilter({ ...filter, finding })}
        />
        <Choice
          label={t.by}
          value={filter.by}
          data={[{ value: "", label: t.everybody }, ...words.map((value) => ({ value, label: t[value] }))]}
          choose={(by) => setFilter({ ...filter, by })}
        />
        <Button
          component="a"
          size="xs"
          variant="default"
          href={`/api/v1/projects/${projectId}/labels/${form}?${asked}`}
          download
        >
          {t.take}
        </Button>
      </Group>
      <Text size="xs" c="dimmed" mt={6}>
        {t.rest}
      </Text>
    </details>
  );
}

function named(finding: string): { value: string; label: string } {
  return { value: finding, label: findingName(finding) };
}
