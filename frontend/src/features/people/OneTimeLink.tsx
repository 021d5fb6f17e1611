import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import type { Schemas } from "../../api/client";
import { people as t } from "../../texts/people";

/** A link that lets somebody in once: shown now and never again, with what to do with it. */
export function OneTimeLink({ made, done }: { made: Schemas["InviteOut"]; done: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState<"no" | "yes" | "chosen">("no");
  useEffect(() => field.current?.focus(), []);

  const copy = async (): Promise<void> => {
    field.current?.select();
    // Without TLS a browser gives a page no clipboard, and copies what is chosen by the command of old.
    const kept = navigator.clipboard
      ? await navigator.clipboard.writeText(made.link).then(
          () => true,
          () => false,
        )
      : document.execCommand("copy");
    setCopied(kept ? "yes" : "chosen");
  };

  return (
    <Stack gap={6} mt="sm">
      <Group gap="sm" align="end">
        <TextInput
          ref={field}
          flex="1 1 260px"
          label={t.linkFor(made.account.name)}
          value={made.link}
          onFocus={(event) => event.currentTarget.select()}
          readOnly
        />
        <Button variant="default" onClick={() => void copy()}>
          {t.copy}
        </Button>
        <Button variant="subtle" color="gray" onClick={done}>
          {t.done}
        </Button>
      </Group>
      <Text size="sm">
        {t.handOver(made.account.name)} {made.replaced > 0 && t.replaced}
      </Text>
      <Text size="sm" c="var(--told)" component="output">
        {copied === "yes" ? t.copied : copied === "chosen" ? t.chosen : null}
      </Text>
    </Stack>
  );
}
