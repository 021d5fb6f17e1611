import { Badge, Group, Image, Stack, Table, Text, Title, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, need, type Schemas } from "../../api/client";
import { PageHead } from "../../components/PageHead";
import { Empty, Fetched } from "../../components/States";
import { findingName, share } from "../../components/words";
import { app } from "../../texts/app";
import { gate, bias as t } from "../../texts/gate";
import { BiasCurves, nameOf } from "./BiasCurves";

type Measure = Schemas["MeasureOut"];
const COLORS = { red: "red", amber: "yellow", green: "teal" } as const;
const SHOWN = 60;

/** Every measure of confirmation bias over the iterations; a light opens the films behind it. */
export function Bias() {
  const { projectId } = useParams({ from: "/shell/projects/$projectId/bias" });
  const [chosen, setChosen] = useState<Measure | null>(null);
  const measures = useQuery({
    queryKey: ["bias", projectId],
    queryFn: () =>
      need(api.GET("/api/v1/projects/{project_id}/bias", { params: { path: { project_id: Number(projectId) } } })),
  });
  return (
    <Stack>
      <PageHead title={t.title}>
        <Link to="/projects/$projectId" params={{ projectId }} className="back quiet">
          {app.toIterations}
        </Link>
      </PageHead>
      <Text size="sm" c="dimmed">
        {t.what}
      </Text>
      <Fetched query={measures}>
        {(rows) =>
          rows.length ? (
            <Stack>
              <BiasCurves rows={rows} />
              {[...new Set(rows.map((row) => row.index))].reverse().map((index) => (
                <Panel key={index} index={index} rows={rows.filter((row) => row.index === index)} choose={setChosen} />
              ))}
              {chosen && <Films measure={chosen} />}
            </Stack>
          ) : (
            <Empty title={t.empty}>{t.emptyWhy}</Empty>
          )
        }
      </Fetched>
    </Stack>
  );
}

function Panel({ index, rows, choose }: { index: number; rows: Measure[]; choose: (row: Measure) => void }) {
  return (
    <section className="panel" aria-label={gate.iteration(index)}>
      <Title order={2} size="h4">
        {gate.iteration(index)}
      </Title>
      <Table fz="sm" verticalSpacing={3}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t.measure}</Table.Th>
            <Table.Th>{t.finding}</Table.Th>
            <Table.Th>{gate.value}</Table.Th>
            <Table.Th w={220}>{gate.interval}</Table.Th>
            <Table.Th>{t.units}</Table.Th>
            <Table.Th w={130} />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={`${row.name}-${row.finding}`}>
              <Table.Td>{nameOf(row)}</Table.Td>
              <Table.Td>{findingName(row.finding)}</Table.Td>
              <Table.Td>{share(row.value, 2)}</Table.Td>
              <Table.Td>{row.low === null ? share(null) : `${share(row.low, 2)} – ${share(row.high, 2)}`}</Table.Td>
              <Table.Td>{row.n}</Table.Td>
              <Table.Td>
                {row.light === null ? (
                  <Text size="xs" c="dimmed">
                    {t.none}
                  </Text>
                ) : (
                  <UnstyledButton onClick={() => choose(row)} aria-label={`${nameOf(row)}: ${t[row.light]}`}>
                    <Badge variant="light" color={COLORS[row.light]}>
                      {t[row.light]}
                    </Badge>
                  </UnstyledButton>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

function Films({ measure }: { measure: Measure }) {
  const shown = measure.images.slice(0, SHOWN);
  return (
    <section className="panel" aria-label={t.films(measure.images.length)}>
      <Stack gap="xs">
        <Title order={2} size="h4">
          {nameOf(measure)}: {shown.length ? t.films(measure.images.length) : t.noFilms}
        </Title>
        <Group gap={6}>
          {shown.map((id) => (
            <Link key={id} to="/images/$imageId/story" params={{ imageId: String(id) } as never}>
              <Image
                src={`/api/v1/images/${id}/thumbnail?size=96`}
                alt={`${t.story} ${id}`}
                w={96}
                h={96}
                fit="contain"
              />
            </Link>
          ))}
        </Group>
      </Stack>
    </section>
  );
}
