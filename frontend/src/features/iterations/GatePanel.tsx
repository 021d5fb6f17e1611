import { Badge, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, need, type Schemas } from "../../api/client";
import { Fetched } from "../../components/States";
import { findingName } from "../../components/words";

interface Clause {
  name: string;
  finding: string;
  passed: boolean;
  value: number | null;
  limit: number;
  sentence: string;
}

/** What the gate says of an iteration, clause by clause: the recorded verdict, or what it would be now. */
export function GatePanel({ iteration }: { iteration: Schemas["IterationDetail"] }) {
  const report = useQuery({
    queryKey: ["report", iteration.id],
    queryFn: () =>
      need(api.GET("/api/v1/iterations/{iteration_id}/report", { params: { path: { iteration_id: iteration.id } } })),
    refetchInterval: iteration.stage === "auditing" ? 5_000 : false,
  });
  return (
    <Fetched query={report}>
      {(body) => {
        const gate = body.gate as { open: boolean; override: boolean; reason: string | null; clauses: Clause[] };
        return (
          <Stack gap={6}>
            <Group gap="sm">
              <Text size="sm">Gate</Text>
              <Badge color={gate.open ? "teal" : gate.override ? "orange" : "red"} variant="light">
                {gate.open ? "open" : gate.override ? "overridden" : "shut"}
              </Badge>
              {gate.override && (
                <Text size="xs" c="orange">
                  {gate.reason}
                </Text>
              )}
            </Group>
            {gate.clauses.map((clause) => (
              <ClauseRow key={`${clause.name}-${clause.finding}`} clause={clause} />
            ))}
          </Stack>
        );
      }}
    </Fetched>
  );
}

function ClauseRow({ clause }: { clause: Clause }) {
  const bound = clause.name === "certified-error" && clause.value !== null;
  return (
    <Group gap="sm" wrap="nowrap" align="center">
      <Text size="xs" c={clause.passed ? "teal" : "red"} w={14} aria-label={clause.passed ? "passed" : "failed"}>
        {clause.passed ? "✓" : "✗"}
      </Text>
      {bound && (
        <svg width={120} height={10} role="img" aria-label={`${findingName(clause.finding)} error bound`}>
          <rect width={120} height={10} fill="#23262a" rx={2} />
          <rect width={120 * (clause.value ?? 0)} height={10} fill={clause.passed ? "#2b8a6b" : "#a33b3b"} rx={2} />
          <line x1={120 * clause.limit} x2={120 * clause.limit} y1={0} y2={10} stroke="#fff" />
        </svg>
      )}
      <Text size="xs" c="dimmed">
        {clause.sentence.replace(clause.finding, findingName(clause.finding))}
      </Text>
    </Group>
  );
}
