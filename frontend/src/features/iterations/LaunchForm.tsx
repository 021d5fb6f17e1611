import {
  Alert,
  Button,
  Checkbox,
  MultiSelect,
  NativeSelect,
  NumberInput,
  Stack,
  Text,
  Textarea,
  Title,
} from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, need, type Schemas } from "../../api/client";
import { Failed, Fetched } from "../../components/States";
import { findingName, percent } from "../../components/words";
import { launch as t } from "../../texts/iterations";
import { byFinding, type Clause, failedAt, spoken } from "./clauses";
import { LaunchPower } from "./LaunchPower";
import { MoreReads } from "./MoreReads";
import { begunWith, type Design, declares, type Form } from "./terms";
import { Unscored } from "./Unscored";

interface Props {
  projectId: number;
  latest: Schemas["IterationOut"] | null;
}

const OVER = ["auditing", "closed"];

/** Launch the next iteration, as the last one was declared until somebody says otherwise. */
export function LaunchForm({ projectId, latest }: Props) {
  const begun = useQuery({
    queryKey: ["launch", projectId, latest?.id],
    queryFn: () =>
      need(api.GET("/api/v1/projects/{project_id}/launch", { params: { path: { project_id: projectId } } })),
    staleTime: Number.POSITIVE_INFINITY, // what somebody is typing is never put back
  });
  if (latest !== null && !OVER.includes(latest.stage)) {
    return <AtWork index={latest.index} />;
  }
  return (
    <Fetched query={begun}>
      {(declared) => <Terms key={latest?.id} projectId={projectId} latest={latest} declared={declared} />}
    </Fetched>
  );
}

function AtWork({ index }: { index: number }) {
  return (
    <Stack className="panel" gap={4}>
      <Title order={2} size="h4">
        {t.atWork(index)}
      </Title>
      <Text size="sm" c="dimmed">
        {t.atWorkWhat(index + 1)}
      </Text>
    </Stack>
  );
}

interface Choice<Value extends string> {
  label: string;
  what: string;
  value: Value;
  options: Record<Value, string>;
  choose: (value: Value) => void;
}

/** One of a few. */
function Choice<Value extends string>({ label, what, value, options, choose }: Choice<Value>) {
  return (
    <NativeSelect
      size="xs"
      label={label}
      description={what}
      value={value}
      onChange={(event) => choose(event.currentTarget.value as Value)}
      data={Object.entries<string>(options).map(([value, label]) => ({ value, label }))}
    />
  );
}

/** What labels that nobody read may teach, and what FIX reads. */
function Choices({ form, set }: { form: Form; set: (change: Partial<Form>) => void }) {
  return (
    <>
      <Choice
        label={t.teaches}
        what={t.teachesWhat}
        value={form.teaches}
        options={{ all: t.teachesAll, contour: t.teachesContour }}
        choose={(teaches) => set({ teaches })}
      />
      <Choice
        label={t.fixBy}
        what={t.fixByWhat}
        value={form.fix_by}
        options={{ film: t.fixByFilm, risk: t.fixByRisk }}
        choose={(fix_by) => set({ fix_by })}
      />
    </>
  );
}

/** A shut gate says which clause failed and offers withholding, or a named override. */
function Terms({ projectId, latest, declared }: Props & { declared: Schemas["Declaration"] }) {
  const [form, setForm] = useState<Form>(begunWith(declared));
  const set = (change: Partial<Form>): void => setForm((before) => ({ ...before, ...change }));
  const { override, recipes } = form;
  const terms = declares(form, declared);
  const launch = useLaunch(projectId, { ...terms, recipes });
  const shut = failedAt(launch.error);
  const next = latest ? latest.index + 1 : 0;
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
          {t.title(next)}
        </Title>
        <Recipes chosen={recipes} choose={(chosen) => set({ recipes: chosen })} />
        <Numbers design={form.design} set={(changed) => set({ design: changed })} />
        <Choices form={form} set={set} />
        <Text size="xs" c="dimmed">
          {t.declared(percent(1 - declared.delta), declared.errors, declared.family, declared.holdout_margin)}
        </Text>
        <LaunchPower projectId={projectId} body={terms} />
        <Unscored projectId={projectId} />
        {latest && <FromLast projectId={projectId} form={form} set={set} />}
        {launch.error && !shut && <Failed error={launch.error} />}
        {shut && (
          <GateShut
            audit={latest?.audit_id ?? null}
            clauses={shut}
            withhold={(failed) => set({ withhold: [...new Set([...form.withhold, ...failed])] })}
          />
        )}
        {shut && (
          <Textarea
            size="xs"
            label={t.override}
            description={t.overrideWhat}
            value={override}
            onChange={(event) => set({ override: event.currentTarget.value })}
          />
        )}
        <Button type="submit" loading={launch.isPending} disabled={recipes.length === 0}>
          {override ? t.overrideLaunch : t.launch}
        </Button>
      </Stack>
    </form>
  );
}

function useLaunch(projectId: number, body: Schemas["LaunchIn"]) {
  const queries = useQueryClient();
  const path = { params: { path: { project_id: projectId } } };
  return useMutation({
    mutationFn: () => need(api.POST("/api/v1/projects/{project_id}/iterations", { ...path, body })),
    onSettled: () => queries.invalidateQueries(),
  });
}

function Recipes({ chosen, choose }: { chosen: string[]; choose: (recipes: string[]) => void }) {
  const recipes = useQuery({ queryKey: ["recipes"], queryFn: () => need(api.GET("/api/v1/recipes")) });
  return (
    <Fetched query={recipes}>
      {(rows) => (
        <MultiSelect
          size="xs"
          label={t.recipes}
          description={t.recipesWhat}
          placeholder={chosen.length ? undefined : t.choose}
          data={rows.map((row) => row.name)}
          value={chosen}
          onChange={choose}
          required={chosen.length === 0}
        />
      )}
    </Fetched>
  );
}

/** The audit that is asked for. What the server would refuse cannot be left in a field: it is put right when it is left. */
function Numbers({ design, set }: { design: Design; set: (design: Design) => void }) {
  const number = (name: keyof Design, label: string, description: string, share = false) => (
    <NumberInput
      size="xs"
      label={label}
      description={description}
      value={design[name]}
      step={share ? 0.01 : 1}
      min={share ? 0.01 : 0}
      max={share ? 0.99 : 2 ** 31 - 1}
      allowDecimal={share}
      onChange={(value) => set({ ...design, [name]: Number(value) })}
    />
  );
  return (
    <>
      {number("alpha", t.alpha, t.alphaWhat, true)}
      {number("measure", t.measure, t.measureWhat)}
      {number("fix", t.fix, t.fixWhat)}
      {number("sentinel", t.sentinel, t.sentinelWhat)}
      {number("holdout", t.holdout, t.holdoutWhat)}
      {number("min_reads", t.minReads, t.minReadsWhat)}
      {number("seed", t.seed, t.seedWhat)}
    </>
  );
}

/** What can be asked of an iteration that has another before it. */
function FromLast({ projectId, form, set }: { projectId: number; form: Form; set: (change: Partial<Form>) => void }) {
  const projects = useQuery({ queryKey: ["projects"], queryFn: () => need(api.GET("/api/v1/projects")) });
  const findings = projects.data?.find((project) => project.id === projectId)?.findings ?? [];
  return (
    <>
      <MultiSelect
        size="xs"
        label={t.withhold}
        description={t.withholdWhat}
        data={findings.map((value) => ({ value, label: findingName(value) }))}
        value={form.withhold}
        onChange={(withhold) => set({ withhold })}
      />
      <Choice
        label={t.thresholds}
        what={t.thresholdsWhat}
        value={form.thresholds}
        options={{ hand: t.byHand, certified: t.certified, weighted: t.weighted }}
        choose={(thresholds) => set({ thresholds })}
      />
      <Checkbox
        size="xs"
        label={t.refresh}
        description={t.refreshWhat}
        checked={form.refresh}
        onChange={(event) => set({ refresh: event.currentTarget.checked })}
      />
    </>
  );
}

/** Why the launch was refused, a line a finding, and the way on that needs no override. */
function GateShut({
  clauses,
  audit,
  withhold,
}: {
  clauses: Clause[];
  audit: number | null;
  withhold: (findings: string[]) => void;
}) {
  const failed = byFinding(clauses.filter((clause) => !clause.passed));
  const findings = [...new Set(failed.flatMap(([first]) => first!.finding ?? []))];
  return (
    <Alert className="failed" color="orange" variant="outline" title={t.shut} role="alert">
      <Stack gap={6} align="start">
        {failed.map(([first]) => (
          <Stack key={first!.sentence} gap={4} align="start">
            <Text size="xs">{spoken(first!)}</Text>
            {audit !== null && <MoreReads audit={audit} clause={first!} />}
          </Stack>
        ))}
        <Text size="xs" c="dimmed">
          {t.ways}
        </Text>
        {findings.length > 0 && (
          <Button size="compact-xs" variant="default" onClick={() => withhold(findings)}>
            {t.withholdThese(findings.length)}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
