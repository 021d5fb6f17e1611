import { Anchor, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, Navigate } from "@tanstack/react-router";
import { api, need } from "../../api/client";
import { Empty, Fetched } from "../../components/States";
import { findingName } from "../../components/words";

/** The projects; with a single one there is nothing to choose. */
export function Projects() {
  const query = useQuery({ queryKey: ["projects"], queryFn: () => need(api.GET("/api/v1/projects")) });
  return (
    <Fetched query={query}>
      {(projects) => {
        const only = projects.length === 1 ? projects[0] : undefined;
        if (only) return <Navigate to="/projects/$projectId" params={{ projectId: String(only.id) }} replace />;
        if (!projects.length) {
          return (
            <Empty title="No project yet">
              Import a first source: <code>overread import demo phantom</code>
            </Empty>
          );
        }
        return (
          <Stack>
            <Title order={1} size="h2">
              Projects
            </Title>
            {projects.map((project) => (
              <div className="panel" key={project.id}>
                <Anchor component={Link} to="/projects/$projectId" params={{ projectId: String(project.id) } as never}>
                  {project.name}
                </Anchor>
                <Text size="sm" c="dimmed">
                  {project.findings.map(findingName).join(" · ")}
                </Text>
              </div>
            ))}
          </Stack>
        );
      }}
    </Fetched>
  );
}
