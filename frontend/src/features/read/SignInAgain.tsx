import { Stack, Text, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { SignInForm } from "../../components/SignInForm";
import { read as t } from "../../texts/read";

/** Signing in again beside the film, which stays as it is. Who signs in in another tab is noticed here. */
export function SignInAgain({ signedIn }: { signedIn: () => Promise<void> }) {
  const queries = useQueryClient();
  const latest = useRef(signedIn);
  latest.current = signedIn;
  useEffect(() => {
    const back = (): void => void latest.current();
    addEventListener("focus", back);
    return () => removeEventListener("focus", back);
  }, []);
  return (
    <section className="panel sign-in-again" aria-label={t.signInAgain}>
      <Stack gap="xs">
        <Title order={2} size="h5">
          {t.signInAgain}
        </Title>
        <Text size="xs" c="dimmed">
          {t.signInWhy}
        </Text>
        <SignInForm
          link={null}
          focused={false} // the keys are still the film's
          entered={async () => {
            await signedIn();
            // Another person may have come to this screen: nothing of the one before is shown on.
            await queries.invalidateQueries();
          }}
        />
      </Stack>
    </section>
  );
}
