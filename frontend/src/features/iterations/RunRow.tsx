import { Box, Group, Progress, Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "../../api/client";
import { Figure } from "../../components/Figure";
import { seconds, share } from "../../components/words";
import { iterations, states, run as t } from "../../texts/iterations";

/** One network's training: how far, how fast, and its curves. */
export function RunRow({ run }: { run: Schemas["RunOut"] }) {
  const epochs = run.epochs.map((values) => ({ ...values, number: values.epoch + 1 }));
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
          aria-label={t.trainingOf(String(run.recipe.name))}
        />
        <Text size="xs" c={run.job?.error ? "red" : "dimmed"} w={230} truncate title={run.job?.error ?? undefined}>
          {run.job?.error ?? status(run)}
        </Text>
      </Group>
      {last && (
        <Group gap="lg" align="end" wrap="nowrap">
          <Box w="50%" maw={360} flex="none">
            <Figure
              label={t.lossOf(String(run.recipe.name))}
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
                    label: t.epoch,
                  },
                  marks: [
                    Plot.line(epochs, { x: "number", y: "loss", stroke: "var(--quiet)", z: null }),
                    Plot.line(epochs, {
                      x: "number",
                      y: "class_loss",
                      stroke: "var(--quiet)",
                      strokeDasharray: "1 3",
                      z: null,
                    }),
                    Plot.line(epochs, {
                      x: "number",
                      y: "mask_loss",
                      stroke: "var(--quiet)",
                      strokeDasharray: "4 3",
                      z: null,
                    }),
                    Plot.line(epochs, { x: "number", y: "pool_loss", stroke: "var(--pool)", z: null }),
                    Plot.line(looks, { x: "number", y: "d_auc", stroke: "var(--accent)", z: null }),
                    Plot.line(looks, { x: "number", y: "dice", stroke: "var(--mask)", z: null }),
                  ],
                })
              }
              inputs={[epochs.length]}
            />
          </Box>
          <Text size="xs" c="dimmed">
            {t.losses(share(last.loss), share(last.class_loss), share(last.mask_loss))}
            {last.pool_loss != null && <span style={{ color: "var(--pool)" }}> {t.pool(share(last.pool_loss))}</span>}{" "}
            <br />
            <span style={{ color: "var(--accent)" }}>D-AUC {share(looks.at(-1)?.d_auc)}</span> <br />
            <span style={{ color: "var(--mask)" }}>Dice {share(looks.at(-1)?.dice)}</span> {t.development}
            <br />
            {run.parameters !== null && t.parameters(run.parameters.toLocaleString("en"))}
            {t.pace(
              last.images_per_second.toFixed(0),
              (last.truth_share * 100).toFixed(0),
              last.learning_rate.toPrecision(2),
            )}
            {last.waited > 0.1 && t.waits((last.waited * 100).toFixed(0))}
          </Text>
        </Group>
      )}
      {run.pictures.length > 0 && <Pictures run={run} />}
    </Stack>
  );
}

/** What the network saw and how it did; fetched when somebody looks. */
function Pictures({ run }: { run: Schemas["RunOut"] }) {
  const [shown, setShown] = useState(false);
  return (
    <details onToggle={(event) => setShown(event.currentTarget.open)}>
      <summary>
        <Text size="xs" c="dimmed" span>
          {t.saw}
        </Text>
      </summary>
      <Group gap="md" align="start" mt={6}>
        {shown &&
          run.pictures.map((name) => (
            <figure className="plain" key={name}>
              <img
                src={`/api/v1/runs/${run.id}/pictures/${name}`}
                alt={pictureName(name)}
                style={{ maxWidth: 360, width: "100%" }}
              />
              <Text size="xs" c="dimmed" component="figcaption">
                {pictureName(name)}
              </Text>
            </figure>
          ))}
      </Group>
    </details>
  );
}

function pictureName(name: string): string {
  return { batch: t.batch, worst: t.worst, best: t.best }[name] ?? name;
}

function status(run: Schemas["RunOut"]): string {
  if (run.seconds !== null) return t.doneIn(seconds(run.seconds));
  if (!run.job || run.job.state === "queued") return t.waiting;
  if (run.job.stalled) return iterations.stalled;
  const total = Number(run.recipe.epochs);
  if (!run.job.started_at || !run.epochs.length) return states[run.job.state as keyof typeof states] ?? run.job.state;
  const done = run.epochs.length;
  const spent = (Date.now() - Date.parse(run.job.started_at)) / 1000;
  return t.at(done, total, seconds((spent / done) * (total - done)));
}
