import { Box, Group, Progress, Stack, Text } from "@mantine/core";
import { useState } from "react";
import type { Schemas } from "../../api/client";
import { Figure, type Plot } from "../../components/Figure";
import { seconds, share } from "../../components/words";
import { iterations, states, run as t } from "../../texts/iterations";

type Epoch = Schemas["EpochReport"];

interface Seen extends Epoch {
  number: number; // from one
}

/** One network's training: how far, how fast, and its curves. */
export function RunRow({ run }: { run: Schemas["RunOut"] }) {
  const epochs = run.epochs.map((values) => ({ ...values, number: values.epoch + 1 }));
  const last = epochs.at(-1);
  const looks = epochs.filter((epoch) => epoch.d_auc !== null);
  const name = String(run.recipe.name);
  const done = run.seconds !== null;
  return (
    <Stack gap={4}>
      <Group gap="sm" wrap="nowrap">
        <Text size="sm" w={130} truncate title={name}>
          {name}
        </Text>
        <Progress
          flex={1}
          value={done ? 100 : (100 * epochs.length) / Number(run.recipe.epochs)}
          animated={run.job?.state === "running"}
          color={run.job?.state === "failed" ? "red" : undefined}
          aria-label={t.trainingOf(name)}
        />
        <Text size="xs" c={run.job?.error ? "red" : "dimmed"} w={230} truncate title={run.job?.error ?? undefined}>
          {run.job?.error ?? status(run)}
        </Text>
      </Group>
      {last && (
        <Group gap="lg" align="end" wrap="nowrap">
          <Box w="50%" maw={360} flex="none">
            <Figure
              label={t.lossOf(name)}
              draw={(Plot, width) => losses(Plot, width, epochs, looks)}
              inputs={[epochs.length]}
            />
          </Box>
          <Last run={run} epoch={last} look={looks.at(-1)} />
        </Group>
      )}
      {run.pictures.length > 0 && <Pictures run={run} />}
    </Stack>
  );
}

/** The losses of each epoch, and the scores of those that were looked at. */
function losses(Plot: Plot, width: number, epochs: Seen[], looks: Seen[]): Element {
  const line = (of: Seen[], y: keyof Epoch, ink: string, dashes?: string) =>
    Plot.line(of, { x: "number", y, stroke: `var(${ink})`, strokeDasharray: dashes, z: null });
  return Plot.plot({
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
      line(epochs, "loss", "--quiet"),
      line(epochs, "class_loss", "--quiet", "1 3"),
      line(epochs, "mask_loss", "--quiet", "4 3"),
      line(epochs, "pool_loss", "--pool"),
      line(looks, "d_auc", "--accent"),
      line(looks, "dice", "--mask"),
    ],
  });
}

/** The last epoch in numbers; ``look``: the last that was scored. */
function Last({ run, epoch, look }: { run: Schemas["RunOut"]; epoch: Epoch; look: Epoch | undefined }) {
  return (
    <Text size="xs" c="dimmed">
      {t.losses(share(epoch.loss), share(epoch.class_loss), share(epoch.mask_loss))}
      {epoch.pool_loss != null && <span style={{ color: "var(--pool)" }}> {t.pool(share(epoch.pool_loss))}</span>}{" "}
      <br />
      <span style={{ color: "var(--accent)" }}>D-AUC {share(look?.d_auc)}</span> <br />
      <span style={{ color: "var(--mask)" }}>Dice {share(look?.dice)}</span> {t.development}
      <br />
      {look?.judged === false && (
        <>
          {t.tooFew} <br />
        </>
      )}
      {run.parameters !== null && t.parameters(run.parameters.toLocaleString("en"))}
      {t.pace(
        epoch.images_per_second.toFixed(0),
        (epoch.truth_share * 100).toFixed(0),
        epoch.learning_rate.toPrecision(2),
      )}
      {epoch.waited > 0.1 && t.waits((epoch.waited * 100).toFixed(0))}
    </Text>
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
