import { SegmentedControl, Stack, Switch, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, need, type Schemas } from "../../api/client";
import { Figure } from "../../components/Figure";
import { Fetched } from "../../components/States";
import { findingName, share } from "../../components/words";
import { gate as t } from "../../texts/gate";

const QUANTITIES = ["error", "dice", "missed", "prevalence"] as const;
type Quantity = (typeof QUANTITIES)[number];

/** Bounds that shrink while readers read, and the estimates once all is read. */
export function Estimates({ auditId, live }: { auditId: number; live: boolean }) {
  const [quantity, setQuantity] = useState<Quantity>("error");
  const estimates = useQuery({
    queryKey: ["estimates", auditId],
    queryFn: () => need(api.GET("/api/v1/audits/{audit_id}/estimates", { params: { path: { audit_id: auditId } } })),
    refetchInterval: live ? 3_000 : false,
  });
  return (
    <Stack className="panel" gap="sm">
      <Title order={2} size="h4">
        {t.estimates}
      </Title>
      <SegmentedControl
        size="xs"
        value={quantity}
        onChange={(value) => setQuantity(value as Quantity)}
        data={told(estimates.data).map((value) => ({ value, label: t[value] }))}
      />
      <Fetched query={estimates}>
        {(body) => (
          <Stack gap="sm">
            <Text size="sm" c="dimmed">
              {t.live(body.reads, body.planned)} {body.waiting > 0 && t.waiting(body.waiting)}{" "}
              {body.cannot_tell > 0 && t.cannotTell(body.cannot_tell)}
            </Text>
            <Bands rows={body.live.filter((row) => row.quantity === quantity)} quantity={quantity} />
            <Now body={body} quantity={quantity} />
            {!body.done && <Subgroups auditId={auditId} live={live} quantity={quantity} />}
            {body.done && <Final rows={body.final.filter((row) => row.quantity === quantity)} />}
            {quantity === "error" && body.correction && <Slips told={body.correction} />}
          </Stack>
        )}
      </Fetched>
    </Stack>
  );
}

/** What the audit estimates: one of contours alone tells neither missed lesions nor how often a finding is there. */
function told(body: Schemas["EstimatesOut"] | undefined): readonly Quantity[] {
  const live = new Set(body?.live.map((row) => row.quantity));
  return live.size === 0 ? QUANTITIES : QUANTITIES.filter((quantity) => live.has(quantity));
}

/** A panel a finding: the bound after each read. */
function Bands({ rows, quantity }: { rows: Schemas["LiveOut"][]; quantity: Quantity }) {
  const looks = rows.flatMap((row) =>
    [{ reads: 0, low: 0, high: 1 }, ...row.path].map((look) => ({ ...look, name: findingName(row.finding) })),
  );
  return (
    <Figure
      label={`${t[quantity]}: ${t.interval}`}
      inputs={[rows]}
      draw={(Plot, width) =>
        Plot.plot({
          width,
          height: 210,
          marginLeft: 36,
          style: { background: "transparent", fontSize: "11px" },
          fx: { domain: rows.map((row) => findingName(row.finding)), label: null, padding: 0.12 },
          x: { label: t.reads, ticks: 3 },
          y: { domain: [0, 1], grid: true, label: null },
          marks: [
            Plot.areaY(looks, {
              fx: "name",
              x: "reads",
              y1: "low",
              y2: "high",
              fill: "var(--accent)",
              fillOpacity: 0.25,
              curve: "step-after",
            }),
            Plot.lineY(looks, { fx: "name", x: "reads", y: "low", stroke: "var(--accent)", curve: "step-after" }),
            Plot.lineY(looks, { fx: "name", x: "reads", y: "high", stroke: "var(--accent)", curve: "step-after" }),
          ],
        })
      }
    />
  );
}

function Now({ body, quantity }: { body: Schemas["EstimatesOut"]; quantity: Quantity }) {
  const needed = new Map(body.needed.map((row) => [row.finding, row.reads]));
  return (
    <Table fz="xs" verticalSpacing={2} withRowBorders={false}>
      <Table.Tbody>
        {body.live
          .filter((row) => row.quantity === quantity)
          .map((row) => (
            <Table.Tr key={row.finding ?? ""}>
              <Table.Th w={170}>{findingName(row.finding)}</Table.Th>
              <Table.Td w={90}>{share(row.value, 2)}</Table.Td>
              <Table.Td w={130}>
                {share(row.low, 2)}–{share(row.high, 2)}
              </Table.Td>
              <Table.Td w={90}>
                {row.reads} {t.reads}
              </Table.Td>
              <Table.Td>
                {!!needed.get(row.finding) && quantity === "error" && t.needed(needed.get(row.finding)!)}
              </Table.Td>
            </Table.Tr>
          ))}
      </Table.Tbody>
    </Table>
  );
}

/** The bounds of each source, site, view and sex: asked for when somebody wants to see them. */
function Subgroups({ auditId, live, quantity }: { auditId: number; live: boolean; quantity: Quantity }) {
  const [shown, setShown] = useState(false);
  const bounds = useQuery({
    queryKey: ["estimates", auditId, "subgroups"],
    queryFn: () =>
      need(api.GET("/api/v1/audits/{audit_id}/estimates/subgroups", { params: { path: { audit_id: auditId } } })),
    enabled: shown,
    refetchInterval: live ? 10_000 : false,
  });
  return (
    <Stack gap={4}>
      <Switch size="xs" label={t.subgroups} checked={shown} onChange={(e) => setShown(e.currentTarget.checked)} />
      {shown && (
        <Fetched query={bounds}>
          {(rows) => {
            const own = rows.filter((row) => row.quantity === quantity);
            return own.length === 0 ? (
              <Text size="xs">{t.noSubgroups}</Text>
            ) : (
              <Table fz="xs" verticalSpacing={2} withRowBorders={false}>
                <Table.Tbody>
                  {own.map((row) => (
                    <Table.Tr key={`${row.group}-${row.name}`}>
                      <Table.Th w={170}>{groupName(row.group, row.name)}</Table.Th>
                      <Table.Td w={90}>{share(row.value, 2)}</Table.Td>
                      <Table.Td w={130}>
                        {share(row.low, 2)}–{share(row.high, 2)}
                      </Table.Td>
                      <Table.Td>
                        {row.reads} {t.reads}
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            );
          }}
        </Fetched>
      )}
    </Stack>
  );
}

function Final({ rows }: { rows: Schemas["EstimateOut"][] }) {
  return (
    <Stack gap={2}>
      <Text size="sm">{t.bySubgroup}</Text>
      <Table fz="xs" verticalSpacing={2} withRowBorders={false}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={170} />
            <Table.Th w={90}>{t.value}</Table.Th>
            <Table.Th w={130}>{t.interval}</Table.Th>
            <Table.Th w={90}>{t.reads}</Table.Th>
            <Table.Th>{t.method}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={`${row.group}-${row.name}-${row.method}`}>
              <Table.Td>{groupName(row.group, row.name)}</Table.Td>
              <Table.Td>{share(row.value, 2)}</Table.Td>
              <Table.Td>
                {share(row.low, 2)}–{share(row.high, 2)}
              </Table.Td>
              <Table.Td>{row.reads}</Table.Td>
              <Table.Td>{t[row.method]}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  );
}

/** What corrects the error, or why nothing does. */
function Slips({ told }: { told: Schemas["CorrectionOut"] }) {
  const { detected, false_alarms: refused } = told;
  const why = {
    unread: t.unread,
    disputed: t.disputed,
    "few-plants": t.fewPlants,
    "few-right": t.fewRight,
    chance: t.chance,
    corrected: t.slips(detected.hits, detected.n, refused.hits, refused.n),
  };
  return (
    <Text size="sm" c="dimmed">
      {why[told.state]}
    </Text>
  );
}

function groupName(group: string | null, name: string | null): string {
  if (group === null || name === null) return t.whole;
  if (group === "finding") return findingName(name);
  const words: Record<string, string> = { source: t.source, site: t.site, view: t.view, sex: t.sex };
  return `${words[group] ?? group}: ${name === "unknown" ? t.unknown : name}`;
}
