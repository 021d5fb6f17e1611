import { Badge, Group, NativeSelect, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { myAccount } from "../../api/account";
import { api, need, type Schemas } from "../../api/client";
import { PageHead } from "../../components/PageHead";
import { Fetched } from "../../components/States";
import { percent, seconds, share } from "../../components/words";
import { app, trust as t, trustLights, trustLightWords } from "../../texts/app";
import { Interval } from "./Interval";

type Told = Schemas["TrustOut"];
const COLOURS = { red: "red", amber: "yellow", green: "teal", grey: "gray" } as const;

/** What is known of one reader: for themselves, and for an admin, who chooses whose page it is. Nobody is ranked. */
export function MyReading() {
  const { projectId } = useParams({ from: "/shell/projects/$projectId/reading" });
  const { reader } = useSearch({ from: "/shell/projects/$projectId/reading" });
  const path = { project_id: Number(projectId) };
  const me = useQuery(myAccount);
  const told = useQuery({
    queryKey: ["reading", projectId, reader ?? null],
    queryFn: () =>
      reader === undefined
        ? need(api.GET("/api/v1/projects/{project_id}/my-reading", { params: { path } }))
        : need(
            api.GET("/api/v1/projects/{project_id}/readers/{account_id}", {
              params: { path: { ...path, account_id: reader } },
            }),
          ),
  });
  return (
    <Stack>
      <PageHead
        title={reader === undefined || reader === me.data?.id ? t.title : t.titleOf(told.data?.name ?? "")}
        aside={me.data?.role === "admin" && <Readers projectId={projectId} chosen={reader ?? me.data.id} />}
      >
        <Link to="/projects/$projectId" params={{ projectId }} className="back quiet">
          {app.toIterations}
        </Link>
      </PageHead>
      <Text size="sm" c="dimmed" maw={760}>
        {t.why}
      </Text>
      <Fetched query={told}>{(row) => <Page told={row} />}</Fetched>
    </Stack>
  );
}

function Page({ told }: { told: Told }) {
  return (
    <Stack>
      <Group className="panel" gap="md" wrap="nowrap">
        <Badge size="lg" variant="light" color={COLOURS[told.light]} miw="max-content">
          {trustLights[told.light]}
        </Badge>
        <Text size="sm">{trustLightWords[told.light]}</Text>
      </Group>
      <Table verticalSpacing="sm" className="panel">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t.measure}</Table.Th>
            <Table.Th>{t.value}</Table.Th>
            <Table.Th w={220}>{t.interval}</Table.Th>
            <Table.Th>{t.basis}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          <Row name={t.detected} why={t.detectedWhy} told={told.detected} />
          <Row name={t.falseAlarms} why={t.falseAlarmsWhy} told={told.false_alarms} />
          <Row name={t.anchored} why={t.anchoredWhy} told={told.anchored} />
          <Row name={t.again} why={t.againWhy(share(told.again_dice, 2))} told={told.again} />
          <Row name={t.second} why={t.secondWhy(share(told.second_dice, 2))} told={told.second} />
          <Row name={t.larger} why={t.largerWhy(share(told.ratio, 2))} told={told.larger} />
        </Table.Tbody>
      </Table>
      <Text size="sm">
        {t.pace(seconds(told.seconds[0]), seconds(told.seconds[1]), seconds(told.seconds[2]), told.reads)}
      </Text>
      <Text size="sm" c="dimmed">
        {t.weight(percent(told.accepted_weight))}
      </Text>
    </Stack>
  );
}

function Row({ name, why, told }: { name: string; why: string; told: Schemas["ShareOut"] }) {
  return (
    <Table.Tr>
      <Table.Td>
        <Text size="sm" fw={500}>
          {name}
        </Text>
        <Text size="xs" c="dimmed">
          {why}
        </Text>
      </Table.Td>
      <Table.Td>{told.value === null ? "–" : percent(told.value)}</Table.Td>
      <Table.Td>
        <Interval told={told} name={name} />
      </Table.Td>
      <Table.Td>
        <Text size="sm">{told.n ? t.of(told.hits, told.n) : t.none}</Text>
      </Table.Td>
    </Table.Tr>
  );
}

function Readers({ projectId, chosen }: { projectId: string; chosen: number }) {
  const navigate = useNavigate();
  const me = useQuery(myAccount);
  const readers = useQuery({
    queryKey: ["readers", projectId],
    queryFn: () =>
      need(api.GET("/api/v1/projects/{project_id}/readers", { params: { path: { project_id: Number(projectId) } } })),
  });
  const rows = readers.data ?? [];
  const all = me.data && !rows.some((row) => row.id === me.data.id) ? [me.data, ...rows] : rows;
  return (
    <NativeSelect
      size="xs"
      aria-label={t.reader}
      value={String(chosen)}
      onChange={(event) => void navigate({ to: ".", search: { reader: Number(event.currentTarget.value) } })}
      data={all.map((row) => ({ value: String(row.id), label: row.name }))}
    />
  );
}
