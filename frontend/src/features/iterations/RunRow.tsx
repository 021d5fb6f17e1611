import { Group, Progress, Stack, Text } from "@mantine/core";
import type { Schemas } from "../../api/client";
import { Figure } from "../../components/Figure";
import { seconds, share } from "../../components/words";

interface Epoch {
  epoch: number;
  loss: number;
  images_per_second: number;
  truth_share: number;
  d_auc: number | null;
  dice: number | null;
}

/** One network's training: how far, how fast, and its curves. */
export function RunRow({ run }: { run: Schemas["RunOut"] }) {
  const epochs = run.epochs as unknown as Epoch[];
  const last = epochs.at(-1);
  const looks = epochs.filter((epoch) => epoch.d_auc !== null);
  const total = Number(run.recipe.epochs);
  const done = run.seconds !== null;
  return (
    <Stack gap={4}>
      <Group gap="sm" wrap="nowrap">
        <Text size="sm" w={130} truncate title={String(run.recipe.name)}>
          {String(run.recipe.name)}
        </Text>
        <Progress
          flex={1}
          value={done ? 100 : (100 * epochs.length) / total}
          animated={run.job?.state === "running"}
          color={run.job?.state === "failed" ? "red" : undefined}
          aria-label={`training of ${run.recipe.name}`}
        />
        <Text size="xs" c={run.job?.error ? "red" : "dimmed"} w={230} truncate title={run.job?.error ?? undefined}>
          {run.job?.error ?? status(run, epochs)}
        </Text>
      </Group>
      {last && (
        <Group gap="lg" align="end" wrap="nowrap">
          <Figure
            label={`Loss of ${run.recipe.name}`}
            draw={(Plot, width) =>
              Plot.plot({
                width: Math.min(width, 360),
                height: 100,
                marginLeft: 34,
                marginBottom: 30,
                style: { background: "transparent" },
                y: { ticks: 3, label: null, grid: true },
                x: {
                  ticks: 4,
                  tickFormat: (epoch: number) => (Number.isInteger(epoch) ? String(epoch) : ""),
                  label: "epoch",
                },
                marks: [
                  Plot.line(epochs, { x: "epoch", y: "loss", stroke: "#8b9197", z: null }),
                  Plot.line(looks, { x: "epoch", y: "d_auc", stroke: "#38d9a9", z: null }),
                  Plot.line(looks, { x: "epoch", y: "dice", stroke: "#e69f00", z: null }),
                ],
              })
            }
            inputs={[epochs.length]}
          />
          <Text size="xs" c="dimmed">
            loss {share(last.loss)} <br />
            <span style={{ color: "#38d9a9" }}>D-AUC {share(looks.at(-1)?.d_auc)}</span> <br />
            <span style={{ color: "#e69f00" }}>Dice {share(looks.at(-1)?.dice)}</span> (development)
            <br />
            {run.parameters !== null && `${run.parameters.toLocaleString("en")} parameters, `}
            {last.images_per_second.toFixed(0)} images/s, {(last.truth_share * 100).toFixed(0)} % human truth
          </Text>
        </Group>
      )}
    </Stack>
  );
}

function status(run: Schemas["RunOut"], epochs: Epoch[]): string {
  if (run.seconds !== null) return `done in ${seconds(run.seconds)}`;
  if (!run.job || run.job.state === "queued") return "waiting for a worker";
  if (run.job.stalled) return "stalled: its worker is silent";
  const total = Number(run.recipe.epochs);
  if (!run.job.started_at || !epochs.length) return run.job.state;
  const spent = (Date.now() - Date.parse(run.job.started_at)) / 1000;
  return `epoch ${epochs.length} of ${total}, ${seconds((spent / epochs.length) * (total - epochs.length))} left`;
}
