import { Button, Group, SegmentedControl, Slider, Stack, Table, Text, Title } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, need, type Schemas } from "../../api/client";
import { Failed, Fetched } from "../../components/States";
import { findingName, percent, share } from "../../components/words";
import { gate as t } from "../../texts/gate";

const THRESHOLDS = ["hand", "certified", "weighted"] as const;
type Thresholds = (typeof THRESHOLDS)[number];

/** The dial of α: what it would accept before anyone confirms, and what the next training set would come to. */
export function Dial({ iterationId, declared }: { iterationId: number; declared: number }) {
  const [chosen, setChosen] = useState(declared);
  const [alpha] = useDebouncedValue(chosen, 250);
  const queries = useQueryClient();
  const path = { iteration_id: iterationId };
  const dial = useQuery({
    queryKey: ["dial", iterationId, alpha],
    placeholderData: keepPreviousData,
    queryFn: () =>
      need(
        api.GET("/api/v1/iterations/{iteration_id}/certificates/dial", {
          params: { path, query: { alpha } },
        }),
      ),
  });
  const confirm = useMutation({
    mutationFn: () =>
      need(
        api.POST("/api/v1/iterations/{iteration_id}/certificates", { params: { path }, body: { alpha, delta: null } }),
      ),
    onSuccess: () => queries.invalidateQueries(),
  });
  return (
    <Stack className="panel" gap="sm">
      <Title order={2} size="h4">
        {t.certificates}
      </Title>
      <Stack gap={2}>
        <Text size="sm" id="risk">
          {t.dial}: {percent(chosen)}
        </Text>
        <Slider
          aria-labelledby="risk"
          thumbProps={{ "aria-label": t.dial }}
          value={chosen}
          onChange={setChosen}
          min={0.01}
          max={0.6}
          step={0.01}
          label={percent}
        />
      </Stack>
      <Fetched query={dial}>
        {(body) => (
          <Stack gap="sm">
            {body.left > 0 && <Text size="sm">{t.left(body.left)}</Text>}
            {body.declared_alpha !== body.alpha && (
              <Text size="sm" c="var(--told)">
                {t.notDeclared(percent(body.declared_alpha))}
              </Text>
            )}
            <Proposed rows={body.proposed} />
            <Group gap="sm">
              <Button
                size="xs"
                disabled={body.left > 0 || body.alpha !== chosen}
                loading={confirm.isPending}
                onClick={() => confirm.mutate()}
              >
                {t.confirm}
              </Button>
              {confirm.isSuccess && <Text size="sm">{t.confirmed}</Text>}
            </Group>
            {confirm.error && <Failed error={confirm.error} />}
          </Stack>
        )}
      </Fetched>
      <WhatIf iterationId={iterationId} alpha={alpha} />
    </Stack>
  );
}

function Proposed({ rows }: { rows: Schemas["ProposedOut"][] }) {
  return (
    <Table fz="xs" verticalSpacing={2}>
      <Table.Thead>
        <Table.Tr>
          {["", t.side, t.threshold, t.accepts, t.pixels, t.sources, t.wrong, t.why].map((word, i) => (
            <Table.Th key={word || i}>{word}</Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Table.Tr key={`${row.finding}-${row.side}`} title={row.sentence}>
            <Table.Td>{findingName(row.finding)}</Table.Td>
            <Table.Td>{t[row.side]}</Table.Td>
            <Table.Td>{thresholdOf(row, rows)}</Table.Td>
            <Table.Td>
              {row.labels} / {row.decided}
            </Table.Td>
            <Table.Td>{row.pixels.toLocaleString()}</Table.Td>
            <Table.Td>{told(row.sources)}</Table.Td>
            <Table.Td>{row.threshold === null ? "" : row.expected_errors.toFixed(1)}</Table.Td>
            <Table.Td>
              {row.errors} / {row.reads}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** One side alone would teach how often the finding is there: without the other it does not enter. */
function thresholdOf(row: Schemas["ProposedOut"], rows: Schemas["ProposedOut"][]): string {
  if (row.threshold === null) return t.withheld;
  const other = rows.find((one) => one.finding === row.finding && one.side !== row.side);
  return other?.threshold === null ? t.oneSided(share(row.threshold, 3)) : share(row.threshold, 3);
}

/** What would be trained on, from where, how wrong, and for how long. */
function WhatIf({ iterationId, alpha }: { iterationId: number; alpha: number }) {
  const [thresholds, setThresholds] = useState<Thresholds>("certified");
  const query = { alpha, thresholds };
  const answer = useQuery({
    queryKey: ["what-if", iterationId, query],
    placeholderData: keepPreviousData,
    queryFn: () =>
      need(
        api.GET("/api/v1/iterations/{iteration_id}/what-if", {
          params: { path: { iteration_id: iterationId }, query },
        }),
      ),
  });
  return (
    <Stack gap="xs" mt="md">
      <Title order={3} size="h5">
        {t.whatIf}
      </Title>
      <SegmentedControl
        size="xs"
        value={thresholds}
        onChange={(value) => setThresholds(value as Thresholds)}
        data={THRESHOLDS.map((value) => ({ value, label: t[value] }))}
      />
      <Fetched query={answer}>
        {(body) => (
          <Stack gap="xs">
            <Text size="sm" c="dimmed">
              {t.enters(
                body.images,
                body.human,
                body.enters.reduce((sum, row) => sum + row.labels, 0),
              )}{" "}
              {body.gpu_hours === null ? t.noHours : t.hours(body.gpu_hours.toPrecision(2))}
            </Text>
            <Table fz="xs" verticalSpacing={2} withRowBorders={false}>
              <Table.Thead>
                <Table.Tr>
                  {["", t.side, t.labels, t.weight, t.sources, t.error].map((word, i) => (
                    <Table.Th key={word || i}>{word}</Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {body.enters.map((row) => (
                  <Table.Tr key={`${row.finding}-${row.side}`}>
                    <Table.Td>{findingName(row.finding)}</Table.Td>
                    <Table.Td>{t[row.side]}</Table.Td>
                    <Table.Td>{row.labels}</Table.Td>
                    <Table.Td>{row.weight.toFixed(1)}</Table.Td>
                    <Table.Td>{told(row.sources)}</Table.Td>
                    <Table.Td>
                      {row.error === null
                        ? share(null)
                        : `${percent(row.error)} (${percent(row.low)}–${percent(row.high)})`}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Stack>
        )}
      </Fetched>
    </Stack>
  );
}

function told(sources: Record<string, number>): string {
  return Object.entries(sources)
    .map(([name, n]) => `${name} ${n}`)
    .join(", ");
}
