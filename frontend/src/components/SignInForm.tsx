import { Button, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useCallback, useEffect, useRef, useState } from "react";
import { api, need, Problem } from "../api/client";
import { entry as t } from "../texts/app";
import { Failed } from "./States";

/** A one-time link as it was pasted: the address, its fragment, or the token alone. ``atOnce``: no password is asked. */
export interface Link {
  token: string;
  atOnce: boolean;
}

export function linkIn(text: string): Link | null {
  const fragment = new URLSearchParams(text.slice(text.indexOf("#") + 1));
  const [token, now] = [fragment.get("token"), fragment.get("now")];
  if (token || now) return { token: (token ?? now)!, atOnce: token === null };
  return null;
}

interface Props {
  link: Link | null;
  focused: boolean; // whether the keys are for it at once
  entered: () => Promise<unknown> | undefined;
}

/** Sign in by name and password, or by a one-time link. ``entered`` is told once the server has let somebody in. */
export function SignInForm({ link, focused, entered }: Props) {
  const { way, setWay, error, busy, enter } = useEntry(link, entered);
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void enter(
      way
        ? need(api.POST("/api/v1/sign-in/link", { body: { token: way.token, password: password || null } }))
        : need(api.POST("/api/v1/sign-in", { body: { name, password } })),
    );
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {!way && <Name name={name} setName={setName} focused={focused} pasted={setWay} />}
        <PasswordInput
          label={way ? t.newPassword : t.password}
          description={way ? t.passwordHint : undefined}
          name="password"
          autoComplete={way ? "new-password" : "current-password"}
          visibilityToggleButtonProps={{ "aria-label": t.showPassword }}
          withAsterisk={false}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          required={!way}
        />
        {error && <Failed error={error} title={t.refused} />}
        <Button type="submit" loading={busy}>
          {t.signIn}
        </Button>
        {!way && (
          <Text size="xs" c="dimmed">
            {t.noPassword}
          </Text>
        )}
      </Stack>
    </form>
  );
}

/** The way in that is tried, and what came of it; a link that asks for no password is followed at once, and once. */
function useEntry(link: Link | null, entered: Props["entered"]) {
  const [error, setError] = useState<Error | null>(null);
  const [way, setWay] = useState(link);
  const [busy, setBusy] = useState(false);
  const spent = useRef<string | null>(null);
  const latest = useRef(entered);
  latest.current = entered;

  const enter = useCallback(async (call: Promise<unknown>): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      await call;
      await latest.current();
    } catch (problem) {
      setError(problem as Error);
      // A link that is used up is of no more use: name and password are the way in.
      if (problem instanceof Problem && problem.status === 401) setWay(null);
    }
    setBusy(false);
  }, []);

  useEffect(() => setWay(link), [link]);
  useEffect(() => {
    if (!way?.atOnce || spent.current === way.token) return;
    spent.current = way.token;
    void enter(need(api.POST("/api/v1/sign-in/link", { body: { token: way.token } })));
  }, [way, enter]);
  return { way, setWay, error, busy, enter };
}

interface NameProps {
  name: string;
  setName: (name: string) => void;
  focused: boolean;
  pasted: (link: Link) => void;
}

/** Who it is; a link that is pasted here is followed instead. */
function Name({ name, setName, focused, pasted }: NameProps) {
  return (
    <TextInput
      label={t.name}
      name="username"
      autoComplete="username"
      autoFocus={focused}
      withAsterisk={false}
      value={name}
      onChange={(event) => setName(event.currentTarget.value)}
      onPaste={(event) => {
        const link = linkIn(event.clipboardData.getData("text"));
        if (link) event.preventDefault();
        if (link) pasted(link);
      }}
      required
    />
  );
}
