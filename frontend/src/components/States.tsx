import { Alert, Button, Center, Loader, Stack, Text, Title } from "@mantine/core";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Problem } from "../api/client";
import { app as t } from "../texts/app";
import { problemSentence, problemTitle } from "../texts/problems";

/** Loading, failed or there: the three states of everything that is fetched. */
export function Fetched<T>({ query, children }: { query: UseQueryResult<T>; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <Failed error={query.error} retry={() => void query.refetch()} />;
  return (
    <Center h={240}>
      <Loader aria-label={t.loading} type="dots" color="gray" />
    </Center>
  );
}

/** What is not there, or not for this person, will not be there at the next try either. */
function isFinal(error: Error): boolean {
  return error instanceof Problem && [403, 404, 422].includes(error.status);
}

interface FailedProps {
  error: Error;
  /** Where the page knows better what did not happen, */
  title?: string;
  /** and what to do about it. */
  says?: string;
  retry?: () => void;
}

/** A refusal by its type, in the server's words where the catalogue has none. */
export function Failed({ error, title, says, retry }: FailedProps) {
  const type = error instanceof Problem ? error.type : "";
  const said = title ?? problemTitle(type) ?? (error as { title?: string }).title ?? t.wentWrong;
  const { text, english } = says ? { text: says, english: false } : problemSentence(type, error.message);
  return (
    <Alert className="failed" color="orange" variant="outline" title={said} role="alert">
      <Stack gap="xs" align="start">
        <Text size="sm" lang={english ? "en" : undefined}>
          {text}
        </Text>
        {retry && !isFinal(error) && (
          <Button size="xs" variant="default" onClick={retry}>
            {t.tryAgain}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

export function Empty({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Center mih={240}>
      <Stack align="center" gap="xs" maw={480}>
        <Title order={3}>{title}</Title>
        <Text c="dimmed" ta="center" component="div">
          {children}
        </Text>
      </Stack>
    </Center>
  );
}
