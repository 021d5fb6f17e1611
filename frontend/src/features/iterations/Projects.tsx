import { Anchor, Code, List, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, Navigate } from "@tanstack/react-router";
import { api, need } from "../../api/client";
import { PageHead } from "../../components/PageHead";
import { Fetched } from "../../components/States";
import { findingName } from "../../components/words";
import { firstVisit as t } from "../../texts/app";
import { demo as toOutcome } from "../../texts/demo";

/** The projects; with a single one there is nothing to choose. */
export function Projects() {
  const query = useQuery({ queryKey: ["projects"], queryFn: () => need(api.GET("/api/v1/projects")) });
  const demo = useQuery({ queryKey: ["demo"], queryFn: () => need(api.GET("/api/v1/demo")) });
  return (
    <Fetched query={query}>
      {(projects) => {
        const only = projects.length === 1 ? projects[0] : undefined;
        if (only) return <Navigate to="/projects/$projectId" params={{ projectId: String(only.id) }} replace />;
        if (!projects.length) return <FirstVisit />;
        return (
          <Stack>
            <PageHead title={t.projects}>
              {demo.data && (
                <Link to="/demo" className="back quiet">
                  {toOutcome.toOutcome}
                </Link>
              )}
            </PageHead>
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

/** One screen for whoever comes first: what this is, the path, and what to do now. */
function FirstVisit() {
  return (
    <Stack maw={680} mx="auto" gap="lg">
      <PageHead title={t.title} />
      <Text>{t.what}</Text>
      <section className="panel" aria-label={t.path}>
        <Title order={2} size="h4">
          {t.path}
        </Title>
        <List type="ordered" mt="sm" spacing={6}>
          {[t.train, t.label, t.audit, t.gate].map((step) => (
            <List.Item key={step}>{step}</List.Item>
          ))}
        </List>
      </section>
      <section className="panel" aria-label={t.next}>
        <Title order={2} size="h4">
          {t.next}
        </Title>
        <Stack mt="sm" gap={6}>
          <Text size="sm">{t.look}</Text>
          <Code block>make demo</Code>
          <Text size="sm">{t.bring}</Text>
          <Code block>overread import --help</Code>
        </Stack>
      </section>
    </Stack>
  );
}
