import { Checkbox, NumberInput, Stack, TextInput } from "@mantine/core";
import type { Schemas } from "../../api/client";
import { importing as t } from "../../texts/import";
import type { Form } from "./form";

type Value = Form["options"][string];

interface Props {
  reader: Schemas["ReaderOut"];
  form: Form;
  set: (change: Partial<Form>) => void;
}

/** The reader's own options, rarely needed: only what differs from what it does anyway is said. */
export function ReaderOptions({ reader, form, set }: Props) {
  const plain = reader.options.filter((option) => typeof option.default !== "object");
  if (plain.length === 0) return null;
  const say = (name: string, value: Value, otherwise: Value): void => {
    const { [name]: _, ...others } = form.options;
    set({ options: value === otherwise ? others : { ...others, [name]: value } });
  };
  return (
    <details>
      <summary>{t.options}</summary>
      <Stack gap="xs" mt="xs" lang="en">
        {plain.map((option) => (
          <Option
            key={option.name}
            name={option.name}
            value={form.options[option.name] ?? option.default}
            say={(value) => say(option.name, value, option.default)}
          />
        ))}
      </Stack>
    </details>
  );
}

function Option({ name, value, say }: { name: string; value: Value; say: (value: Value) => void }) {
  if (typeof value === "boolean")
    return <Checkbox size="xs" label={name} checked={value} onChange={(event) => say(event.currentTarget.checked)} />;
  if (typeof value === "number")
    return <NumberInput size="xs" label={name} value={value} onChange={(told) => say(Number(told))} />;
  return (
    <TextInput size="xs" label={name} value={String(value)} onChange={(event) => say(event.currentTarget.value)} />
  );
}
