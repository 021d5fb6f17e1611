import { Button, Center, Paper, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useCallback, useEffect, useRef, useState } from "react";
import { api, need, Problem } from "../../api/client";
import { LanguageSwitch } from "../../components/Shell";
import { Failed } from "../../components/States";
import { entry as t } from "../../texts/app";

/** Sign in by name and password, or by a one-time link (its token stays in the address's fragment, out of any log). */
export function SignIn() {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { to } = useSearch({ from: "/sign-in" });
  const [error, setError] = useState<Error | null>(null);
  const link = new URLSearchParams(location.hash.slice(1));
  const [token, setToken] = useState(link.get("token") ?? link.get("now"));
  const [busy, setBusy] = useState(link.has("now"));
  const [atOnce] = useState(link.has("now"));
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const asked = useRef(false);

  const enter = useCallback(
    async (call: Promise<unknown>): Promise<void> => {
      setBusy(true);
      setError(null);
      try {
        await call;
        queries.clear();
        await navigate({ to: to ?? "/", replace: true });
      } catch (problem) {
        setError(problem as Error);
        setBusy(false);
        // A link that is used up is of no more use: name and password are the way in.
        if (problem instanceof Problem && problem.status === 401) setToken(null);
      }
    },
    [navigate, queries, to],
  );

  useEffect(() => {
    if (!atOnce || !token || asked.current) return;
    asked.current = true;
    void enter(need(api.POST("/api/v1/sign-in/link", { body: { token } })));
  }, [atOnce, token, enter]);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const body = { name, password };
    const call = token
      ? need(api.POST("/api/v1/sign-in/link", { body: { token, password: password || null } }))
      : need(api.POST("/api/v1/sign-in", { body }));
    void enter(call);
  };

  return (
    <Center mih="100vh" p="md">
      <Paper component="form" onSubmit={submit} withBorder p="xl" w={380} className="panel">
        <Stack>
          <div>
            <Title order={1} size="h3">
              Overread
            </Title>
            <Text size="sm" c="dimmed">
              {t.motto}
            </Text>
          </div>
          {!token && (
            <TextInput
              label={t.name}
              name="username"
              autoComplete="username"
              autoFocus
              withAsterisk={false}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
              required
            />
          )}
          <PasswordInput
            label={token ? t.newPassword : t.password}
            description={token ? t.passwordHint : undefined}
            name="password"
            autoComplete={token ? "new-password" : "current-password"}
            visibilityToggleButtonProps={{ "aria-label": t.showPassword }}
            withAsterisk={false}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            required={!token}
          />
          {error && <Failed error={error} title={t.refused} />}
          <Button type="submit" loading={busy}>
            {t.signIn}
          </Button>
          {!token && (
            <Text size="xs" c="dimmed">
              {t.noPassword}
            </Text>
          )}
          <LanguageSwitch />
        </Stack>
      </Paper>
    </Center>
  );
}
