import { Group, Title } from "@mantine/core";
import type { ReactNode } from "react";

interface Props {
  title: ReactNode;
  /** Beside the title: where else one may go, and what is told in a word. */
  children?: ReactNode;
  /** At the right end of the line: what may be done, or taken away. */
  aside?: ReactNode;
}

/** What every page outside the reading room begins with. */
export function PageHead({ title, children, aside }: Props) {
  const head = (
    <Group gap="sm" align="baseline">
      <Title order={1} size="h2">
        {title}
      </Title>
      {children}
    </Group>
  );
  if (!aside) return head;
  return (
    <Group justify="space-between">
      {head}
      {aside}
    </Group>
  );
}
