import { Badge, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, need } from "../../api/client";
import { Fetched } from "../../components/States";
import { findingName, percent } from "../../components/words";
import { gate as t } from "../../texts/iterations";
import { byFinding, type Clause, spoken } from "./clauses";
import { MoreReads } from "./MoreReads";

interface Props {
  audit: number;
  open: boolean;
}

/** What the gate says of an audit, clause by clause: the recorded verdict, or while it is open what it would be now. */
export function GatePanel({ audit, open }: Props) {
  const told = useQuery({
    queryKey: ["audit", audit],
    queryFn: () => need(api.GET("/api/v1/audits/{audit_id}", { params: { path: { audit_id: audit } } })),
    refetchInterval: open ? 5_000 : false,
  });
  return (
    <Fetched query={told}>
      {({ gate }) => {
        if (!gate) {
          return (
            <Text size="sm" c="dimmed">
              {t.whenClosed}
            </Text>
          );
        }
        return (
          <Stack gap={6}>
            <Group gap="sm">
              <Text size="sm">{t.title}</Text>
              <Badge color={gate.open ? "teal" : gate.override ? "orange" : "red"} variant="light">
                {gate.open ? t.open : gate.override ? t.overridden : t.shut}
              </Badge>
              <Text size="xs" c="dimmed">
                {t.key(percent(1 - gate.delta), percent(gate.alpha))}
              </Text>
              {gate.override && (
                <Text size="xs" c="orange">
                  {gate.reason}
                </Text>
              )}
            </Group>
            {byFinding(gate.clauses).map((clauses) => (
              <FindingRow key={clauses[0]!.sentence} clauses={clauses} audit={open ? audit : null} />
            ))}
          </Stack>
        );
      }}
    </Fetched>
  );
}

/** A finding at the gate: where its error bound stands against α, and what is asked of it still. */
function FindingRow({ clauses, audit }: { clauses: Clause[]; audit: number | null }) {
  const failed = clauses.find((clause) => !clause.passed);
  const bound = clauses.find((clause) => clause.name === "certified-error" && clause.value !== null);
  return (
    <Group gap="sm" wrap="nowrap" align="center">
      <Text size="xs" c={failed ? "red" : "teal"} w={12} role="img" aria-label={failed ? t.failed : t.passed}>
        {failed ? "✗" : "✓"}
      </Text>
      {bound && (
        <svg
          width={118}
          height={10}
          style={{ flex: "none" }}
          role="img"
          aria-label={t.bound(findingName(bound.finding), percent(bound.value), percent(bound.limit))}
        >
          <rect width={118} height={10} fill="var(--line)" rx={2} />
          <rect width={118 * (bound.value ?? 0)} height={10} fill={failed ? "var(--bad)" : "var(--good)"} rx={2} />
          <line x1={118 * bound.limit} x2={118 * bound.limit} y1={0} y2={10} stroke="currentColor" />
        </svg>
      )}
      <Text size="xs" c="dimmed">
        {spoken(failed ?? bound ?? clauses[0]!)}
      </Text>
      {audit !== null && failed && <MoreReads key={failed.sentence} audit={audit} clause={failed} />}
    </Group>
  );
}
