import { Button, Group, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, need, type Schemas } from "../../api/client";
import { Failed } from "../../components/States";

interface Props {
  iteration: Schemas["IterationDetail"];
  chosen: ReadonlySet<number>;
  onClear: () => void;
}

const MOST = 1000;

/** What was chosen goes to the audit's readers, under the name of who chose it. */
export function FixList({ iteration, chosen, onClear }: Props) {
  const queries = useQueryClient();
  const { audit_id: auditId } = iteration;
  const open = iteration.stage === "auditing" && auditId !== null;
  const add = useMutation({
    mutationFn: (labels: number[]) =>
      need(
        api.POST("/api/v1/audits/{audit_id}/fix-list", {
          params: { path: { audit_id: auditId! } },
          body: { labels },
        }),
      ),
    onSuccess: () => {
      onClear();
      void queries.invalidateQueries({ queryKey: ["cases"] });
      void queries.invalidateQueries({ queryKey: ["audit"] });
    },
  });
  return (
    <div className="fix-list">
      <Group gap="sm">
        <Text size="sm" component="output">
          {chosen.size ? `${chosen.size} chosen` : said(add.data)}
        </Text>
        {add.data && chosen.size === 0 && (
          <Link to="/audits/$auditId" params={{ auditId: String(auditId) }} className="back">
            To the worklist
          </Link>
        )}
        {chosen.size > 0 && (
          <>
            <Button
              size="compact-sm"
              disabled={!open || chosen.size > MOST}
              loading={add.isPending}
              onClick={() => add.mutate([...chosen])}
            >
              Have them read
            </Button>
            <Button size="compact-sm" variant="default" onClick={onClear}>
              Choose none
            </Button>
            <Text size="sm" c="dimmed">
              {!open && "Its audit is not open: nothing can be added."}
              {open && chosen.size > MOST && `At most ${MOST} at once.`}
            </Text>
          </>
        )}
      </Group>
      {add.error && <Failed error={add.error} />}
    </div>
  );
}

function said(answer: Schemas["FixListOut"] | undefined): string {
  if (!answer) return "Click a film to choose it, Shift+click for all up to it; double-click to compare.";
  const parts = [`${answer.added} put on the FIX list`];
  if (answer.already) parts.push(`${answer.already} were in the audit already`);
  if (answer.being_read) parts.push(`${answer.being_read} are being read just now: try again later`);
  return `${parts.join(", ")}.`;
}
