import { Button, Group, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, need, type Schemas } from "../../api/client";
import { Failed } from "../../components/States";
import { pool as t } from "../../texts/pool";

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
      // What was put on the list hangs there no longer.
      for (const hung of ["wall", "tiles", "histograms"]) void queries.invalidateQueries({ queryKey: [hung] });
    },
  });
  return (
    <div className="fix-list">
      <Group gap="sm">
        <Text size="sm" component="output">
          {chosen.size ? t.chosen(chosen.size) : said(add.data)}
        </Text>
        {add.data && chosen.size === 0 && (
          <Link to="/audits/$auditId" params={{ auditId: String(auditId) }} className="back">
            {t.toWorklist}
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
              {t.haveRead}
            </Button>
            <Button size="compact-sm" variant="default" onClick={onClear}>
              {t.chooseNone}
            </Button>
            <Text size="sm" c="dimmed">
              {!open && t.auditShut}
              {open && chosen.size > MOST && t.atMost(MOST)}
            </Text>
          </>
        )}
      </Group>
      {add.error && <Failed error={add.error} />}
    </div>
  );
}

function said(answer: Schemas["FixListOut"] | undefined): string {
  if (!answer) return t.hint;
  const parts = [t.added(answer.added)];
  if (answer.already) parts.push(t.already(answer.already));
  if (answer.being_read) parts.push(t.beingRead(answer.being_read));
  return `${parts.join(", ")}.`;
}
