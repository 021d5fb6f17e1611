import { Button, MultiSelect, NumberInput, Stack, Text, Textarea, Title } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, need, Problem, type Schemas } from "../../api/client";
import { Failed, Fetched } from "../../components/States";
import { findingName } from "../../components/words";

interface Props {
  projectId: number;
  latest: Schemas["IterationOut"] | null;
}

/** Launch the next iteration. A shut gate says which clause failed and offers withholding, or a named override. */
export function LaunchForm({ projectId, latest }: Props) {
  const queries = useQueryClient();
  const recipes = useQuery({ queryKey: ["recipes"], queryFn: () => need(api.GET("/api/v1/recipes")) });
  const projects = useQuery({ queryKey: ["projects"], queryFn: () => need(api.GET("/api/v1/projects")) });
  const findings = projects.data?.find((project) => project.id === projectId)?.findings ?? [];
  const [chosen, setChosen] = useState<string[]>([]);
  const [withhold, setWithhold] = useState<string[]>([]);
  const [numbers, setNumbers] = useState({ alpha: 0.1, measure: 40, fix: 40, min_reads: 29, seed: 0 });
  const [override, setOverride] = useState("");

  const launch = useMutation({
    mutationFn: () =>
      need(
        api.POST("/api/v1/projects/{project_id}/iterations", {
          params: { path: { project_id: projectId } },
          body: { ...numbers, delta: 0.05, recipes: chosen, withhold, override: override || null },
        }),
      ),
    onSettled: () => queries.invalidateQueries(),
  });
  const shut = launch.error instanceof Problem && launch.error.type.endsWith("gate-shut");
  const next = latest ? latest.index + 1 : 0;
  const busy = latest !== null && !["auditing", "closed"].includes(latest.stage);
  const number = (name: keyof typeof numbers, label: string, description: string, step = 1) => (
    <NumberInput
      size="xs"
      label={label}
      description={description}
      value={numbers[name]}
      step={step}
      min={0}
      onChange={(value) => setNumbers({ ...numbers, [name]: Number(value) })}
    />
  );

  return (
    <form
      className="panel"
      onSubmit={(event) => {
        event.preventDefault();
        launch.mutate();
      }}
    >
      <Stack gap="sm">
        <Title order={2} size="h4">
          Launch iteration {next}
        </Title>
        <Fetched query={recipes}>
          {(rows) => (
            <MultiSelect
              size="xs"
              label="Recipes"
              description="One network each; several make an ensemble."
              data={rows.map((row) => row.name)}
              value={chosen}
              onChange={setChosen}
              required={chosen.length === 0}
            />
          )}
        </Fetched>
        {number("alpha", "α, the error let through", "Share of unacceptable pseudo labels a finding may have.", 0.01)}
        {number("measure", "MEASURE reads a finding", "Drawn at random; the gate rests on them.")}
        {number("fix", "FIX reads", "The riskiest, for repair.")}
        {number("min_reads", "Reads the gate asks for", "Per finding.")}
        {number("seed", "Seed", "Of weights, order and draw.")}
        {latest && (
          <MultiSelect
            size="xs"
            label="Withhold findings"
            description="They add no pseudo labels to this training set."
            data={findings.map((value) => ({ value, label: findingName(value) }))}
            value={withhold}
            onChange={setWithhold}
          />
        )}
        {launch.error && <Failed error={launch.error} />}
        {shut && (
          <Textarea
            size="xs"
            label="Override, with your name"
            description="The reason stays on every later report."
            value={override}
            onChange={(event) => setOverride(event.currentTarget.value)}
          />
        )}
        <Button type="submit" loading={launch.isPending} disabled={busy || chosen.length === 0}>
          {override ? "Override and launch" : "Launch"}
        </Button>
        {busy && (
          <Text size="xs" c="dimmed">
            Iteration {latest?.index} is {latest?.stage}.
          </Text>
        )}
      </Stack>
    </form>
  );
}
