import "./Shell.css";
import {
  Anchor,
  Box,
  Button,
  Group,
  type MantineColorScheme,
  NativeSelect,
  Text,
  useMantineColorScheme,
} from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import { myAccount } from "../api/account";
import { api, need } from "../api/client";
import { health } from "../api/health";
import { useSilence } from "../api/silence";
import { app as t, troubles } from "../texts/app";
import { LANGUAGES, type Language, setLanguage, useLanguage } from "../texts/language";

/** The frame of every page but the reading room, which has the screen to itself. */
export function Shell({ notice }: { notice: string | null }) {
  const navigate = useNavigate();
  const silent = useSilence();
  const trouble = useQuery(health).data?.trouble;
  const queries = useQueryClient();
  const me = useQuery(myAccount);
  const leave = useMutation({
    mutationFn: () => need(api.POST("/api/v1/sign-out")),
    onSuccess: async () => {
      await navigate({ to: "/sign-in" });
      queries.clear(); // the next person at this screen must not see what this one had on it
    },
  });
  return (
    <Box className="page">
      <a className="skip" href="#page">
        {t.skip}
      </a>
      <Group component="header" className="bar" justify="space-between">
        <Anchor component={Link} to="/" underline="never" c="inherit" fw={600}>
          Overread
        </Anchor>
        <Text size="sm" c="var(--told)" component="output">
          {notice ?? (silent ? t.outOfDate : trouble ? troubles[trouble] : null)}
        </Text>
        <Group gap="sm">
          <LanguageSwitch />
          <Appearance />
          {me.data?.role === "admin" && (
            <>
              <Link to="/people" className="back quiet">
                {t.people}
              </Link>
              <Link to="/trail" className="back quiet">
                {t.trail}
              </Link>
            </>
          )}
          {me.data && (
            <>
              <Text size="sm" c="dimmed">
                {me.data.name} · {me.data.role}
              </Text>
              <Button size="compact-sm" variant="subtle" color="gray" onClick={() => leave.mutate()}>
                {leave.error ? t.signOutAgain : t.signOut}
              </Button>
            </>
          )}
        </Group>
      </Group>
      <main className="content" id="page" tabIndex={-1}>
        <Outlet />
      </main>
    </Box>
  );
}

/** Light, dark, or as the system says; this browser keeps it. */
function Appearance() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <NativeSelect
      size="xs"
      aria-label={t.appearance}
      value={colorScheme}
      onChange={(event) => setColorScheme(event.currentTarget.value as MantineColorScheme)}
      data={[
        { value: "auto", label: t.asSystem },
        { value: "light", label: t.light },
        { value: "dark", label: t.dark },
      ]}
    />
  );
}

/** English or Korean; this browser keeps it. */
export function LanguageSwitch() {
  return (
    <NativeSelect
      size="xs"
      aria-label={t.language}
      value={useLanguage()}
      onChange={(event) => setLanguage(event.currentTarget.value as Language)}
      data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
    />
  );
}
