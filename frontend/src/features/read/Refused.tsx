import { Alert, Text } from "@mantine/core";
import type { Problem } from "../../api/client";
import { problemSentence } from "../../texts/problems";
import { read as t } from "../../texts/read";

/** Why the server would not have a read, beside the film: the strokes stay on it. */
export function Refused({ problem, close }: { problem: Problem; close: () => void }) {
  const { text, english } = problemSentence(problem.type, problem.message);
  return (
    <Alert
      className="failed refused"
      color="orange"
      variant="outline"
      role="alert"
      title={t.refusedTitle}
      withCloseButton
      closeButtonLabel={t.close}
      onClose={close}
    >
      <Text size="sm" lang={english ? "en" : undefined}>
        {text}
      </Text>
      <Text size="sm" c="dimmed">
        {t.refusedHow}
      </Text>
    </Alert>
  );
}
