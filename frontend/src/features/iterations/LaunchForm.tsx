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
import { api, need, Problem, type Schemas } from "../../api/client";
import { Failed, Fetched } from "../../components/States";
import { findingName, percent } from "../../components/words";
import { launch as t } from "../../texts/iterations";
import { ALL, byFinding, type Clause } from "./clauses";
import { LaunchPower } from "./LaunchPower";
import { MoreReads } from "./MoreReads";
import { Spoken } from "./Spoken";

interface Props {
  projectId: number;
  latest: Schemas["IterationOut"] | null;
}

const DESIGN = { alpha: 0.1, measure: 40, fix: 40, sentinel: 40, holdout: 40, min_reads: 29, seed: 0 };
// What the form leaves as it was declared for the last iteration; a script can say otherwise. Reads are counted here, so
// that reader-minutes of a script are not asked for again.
const DECLARED = {
  delta: 0.05,
  errors: "called" as Schemas["LaunchIn"]["errors"],
  family: "finding" as Schemas["LaunchIn"]["family"],
  positives: 12,
  seconds_per_read: 30,
  shares: [50, 35, 10, 5],
  keep_out: 0.3,
  second: 0.1,
  red_line: 0.5,
  holdout_margin: 0.15,
  subgroup_margin: 0.25,
};
const OVER = ["auditing", "closed"];

type Design = typeof DESIGN;

/** What is filled in. */
interface Form {
  recipes: string[];
  withhold: string[];
  override: string;
  refresh: boolean;
  thresholds: Schemas["LaunchIn"]["thresholds"];
  design: Design;
}

/** Launch the next iteration. A shut gate says which clause failed and offers withholding, or a named override. */
export function LaunchForm({ projectId, latest }: Props) {
  const [form, setForm] = useState<Form>({
    recipes: [],
    withhold: [],
    override: "",
    refresh: false,
    thresholds: "hand",
    design: asBefore(DESIGN, latest),
  });
  const set = (change: Partial<Form>): void => setForm((before) => ({ ...before, ...change }));
  const { design, override, ...others } = form;
  const declared = asBefore(DECLARED, latest);
  const body = { ...declared, ...design, minutes: null, ...others, override: override || null };
  const launch = useLaunch(projectId, body);
  const shut = launch.error instanceof Problem && launch.error.type.endsWith("gate-shut") ? launch.error : null;
  const next = latest ? latest.index + 1 : 0;
  if (latest !== null && !OVER.includes(latest.stage)) return <AtWork index={latest.index} next={next} />;
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
        <Recipes chosen={form.recipes} choose={(recipes) => set({ recipes })} />
        <Numbers design={design} set={(changed) => set({ design: changed })} />
        <Text size="xs" c="dimmed">
          {t.declared(percent(1 - declared.delta), declared.errors, declared.family, declared.holdout_margin)}
        </Text>
        <LaunchPower projectId={projectId} body={body} />
        {latest && <FromLast projectId={projectId} form={form} set={set} />}
        {launch.error && !shut && <Failed error={launch.error} />}
        {shut && (
          <GateShut
            audit={latest?.audit_id ?? null}
            clauses={(shut.extra.clauses as Clause[] | undefined) ?? []}
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
        <Button type="submit" loading={launch.isPending} disabled={form.recipes.length === 0}>
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

/** The iteration before is not over. */
function AtWork({ index, next }: { index: number; next: number }) {
  return (
    <Stack className="panel" gap={4}>
      <Title order={2} size="h4">
        {t.atWork(index)}
      </Title>
      <Text size="sm" c="dimmed">
        {t.atWorkWhat(next)}
      </Text>
    </Stack>
  );
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
      <NativeSelect
        size="xs"
        label={t.thresholds}
        description={t.thresholdsWhat}
        value={form.thresholds}
        onChange={(event) => set({ thresholds: event.currentTarget.value as Form["thresholds"] })}
        data={[
          { value: "hand", label: t.byHand },
          { value: "certified", label: t.certified },
          { value: "weighted", label: t.weighted },
        ]}
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
  const findings = [...new Set(failed.map(([first]) => first!.finding))].filter((finding) => finding !== ALL);
  return (
    <Alert className="failed" color="orange" variant="outline" title={t.shut} role="alert">
      <Stack gap={6} align="start">
        {failed.map(([first]) => (
          <Stack key={first!.sentence} gap={4} align="start">
            <Text size="xs">
              <Spoken clause={first!} />
            </Text>
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

/** The next audit is designed as the last one was, until somebody says otherwise: its gate promises no less unsaid. */
function asBefore<T extends object>(defaults: T, latest: Props["latest"]): T {
  const known = Object.keys(defaults).filter((name) => latest?.plan[name] != null);
  return { ...defaults, ...Object.fromEntries(known.map((name) => [name, latest?.plan[name]])) };
}
