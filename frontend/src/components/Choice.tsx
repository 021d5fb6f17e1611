import { NativeSelect } from "@mantine/core";

interface Props {
  label: string;
  value: string | number | undefined; // undefined: no choice was made
  data: (string | { value: string; label: string })[];
  choose: (value: string) => void; // "" takes a choice back
}

/** One of a bar's filters. */
export function Choice({ label, value, data, choose }: Props) {
  return (
    <NativeSelect
      size="xs"
      label={label}
      value={value ?? ""}
      onChange={(event) => choose(event.currentTarget.value)}
      data={data}
    />
  );
}
