import { Anchor, Box, Button, Group, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import { api, need } from "../api/client";
import { useSilence } from "../api/silence";

/** The frame of every page but the reading room, which has the screen to itself. */
export function Shell({ notice }: { notice: string | null }) {
  const navigate = useNavigate();
  const silent = useSilence();
  const queries = useQueryClient();
  const me = useQuery({ queryKey: ["me"], queryFn: () => need(api.GET("/api/v1/me")) });
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
        To the page
      </a>
      <Group component="header" className="bar" justify="space-between">
        <Anchor component={Link} to="/" underline="never" c="inherit" fw={600}>
          Overread
        </Anchor>
        <Text size="sm" c="yellow" component="output">
          {notice ?? (silent ? "The server does not answer: what is shown may be out of date." : null)}
        </Text>
        {me.data && (
          <Group gap="sm">
            <Text size="sm" c="dimmed">
              {me.data.name} · {me.data.role}
            </Text>
            <Button size="compact-sm" variant="subtle" color="gray" onClick={() => leave.mutate()}>
              {leave.error ? "Sign out: no answer, try again" : "Sign out"}
            </Button>
          </Group>
        )}
      </Group>
      <main className="content" id="page" tabIndex={-1}>
        <Outlet />
      </main>
    </Box>
  );
}
