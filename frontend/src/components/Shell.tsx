import { Anchor, Box, Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useNavigate } from "@tanstack/react-router";
import { api, need } from "../api/client";

/** The frame of every page but the reading room, which has the screen to itself. */
export function Shell() {
  const navigate = useNavigate();
  const me = useQuery({ queryKey: ["me"], queryFn: () => need(api.GET("/api/v1/me")) });
  const leave = async (): Promise<void> => {
    await need(api.POST("/api/v1/sign-out"));
    await navigate({ to: "/sign-in" });
  };
  return (
    <Box className="page">
      <Group component="header" className="bar" justify="space-between">
        <Anchor component={Link} to="/" underline="never" c="inherit" fw={600}>
          Overread
        </Anchor>
        {me.data && (
          <Group gap="sm">
            <Text size="sm" c="dimmed">
              {me.data.name} · {me.data.role}
            </Text>
            <Button size="compact-sm" variant="subtle" color="gray" onClick={() => void leave()}>
              Sign out
            </Button>
          </Group>
        )}
      </Group>
      <main className="content">
        <Outlet />
      </main>
    </Box>
  );
}
