import { Center, Paper, Stack, Text, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { LanguageSwitch } from "../../components/Shell";
import { linkIn, SignInForm } from "../../components/SignInForm";
import { entry as t } from "../../texts/app";

/** Sign in by name and password, or by a one-time link (its token stays in the address's fragment, out of any log). */
export function SignIn() {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { to } = useSearch({ from: "/sign-in" });
  const [link, setLink] = useState(() => linkIn(location.hash));

  // A link opened in a tab that is here already changes the fragment alone, and loads nothing.
  useEffect(() => {
    const pasted = (): void => setLink(linkIn(location.hash));
    addEventListener("hashchange", pasted);
    return () => removeEventListener("hashchange", pasted);
  }, []);

  const entered = (): Promise<void> => {
    queries.clear();
    return navigate({ to: to ?? "/", replace: true });
  };

  return (
    <Center mih="100vh" p="md">
      <Paper withBorder p="xl" w={380} className="panel">
        <Stack>
          <div>
            <Title order={1} size="h3">
              Overread
            </Title>
            <Text size="sm" c="dimmed">
              {t.motto}
            </Text>
          </div>
          <SignInForm link={link} focused entered={entered} />
          <LanguageSwitch />
        </Stack>
      </Paper>
    </Center>
  );
}
