import "./Story.css";
import { Group, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { api, need, type Schemas } from "../../api/client";
import { PageHead } from "../../components/PageHead";
import { Empty, Fetched } from "../../components/States";
import { findingName, share, verdictWord } from "../../components/words";
import { thumbOf } from "../../editor/thumb";
import { bias as t } from "../../texts/gate";
import { decisions } from "../../texts/pool";

const SIZE = 160;
const COLORS = { teacher: [230, 159, 0], reader: [86, 180, 233] } as const;

/** A film through the iterations: what the teachers drew, what a reader made of it, what the next teachers drew. */
export function Story() {
  const { imageId } = useParams({ from: "/shell/images/$imageId/story" });
  const story = useQuery({
    queryKey: ["story", imageId],
    queryFn: () =>
      need(api.GET("/api/v1/images/{image_id}/story", { params: { path: { image_id: Number(imageId) } } })),
  });
  return (
    <Fetched query={story}>
      {(body) => (
        <Stack>
          <PageHead title={`${t.story}: ${body.image.file_name}`}>
            <Link to="/projects/$projectId/bias" params={{ projectId: String(body.project_id) }} className="back quiet">
              {t.title}
            </Link>
          </PageHead>
          {body.labels.length === 0 && <Empty title={t.noStory}>{t.poolAlone}</Empty>}
          {[...new Set(body.labels.map((label) => label.finding))].map((finding) => (
            <section className="panel" key={finding} aria-label={findingName(finding)}>
              <Title order={2} size="h4">
                {findingName(finding)}
              </Title>
              <Group gap="md" align="start" mt="xs">
                {body.labels
                  .filter((label) => label.finding === finding)
                  .map((label) => (
                    <Step key={label.iteration_id} imageId={body.image.id} label={label} />
                  ))}
              </Group>
            </section>
          ))}
        </Stack>
      )}
    </Fetched>
  );
}

function Step({ imageId, label }: { imageId: number; label: Schemas["StoryLabelOut"] }) {
  return (
    <>
      <Picture
        imageId={imageId}
        mask={label.mask}
        by="teacher"
        title={t.teacher(label.index)}
        words={`${decisions[label.decision]}, q = ${share(label.presence, 2)}`}
      />
      {label.reads.map((read) => (
        <Picture
          key={read.at}
          imageId={imageId}
          mask={read.mask}
          by="reader"
          title={read.reader}
          words={`${verdictWord(read.verdict)}${read.dice === null ? "" : `, Dice ${share(read.dice, 2)}`}`}
        />
      ))}
    </>
  );
}

interface Shown {
  imageId: number;
  mask: Schemas["RleOut"] | null;
  by: keyof typeof COLORS;
  title: string;
  words: string;
}

function Picture({ imageId, mask, by, title, words }: Shown) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const sheet = canvas.current;
    if (!sheet || !mask) return;
    const { width, height, pixels } = thumbOf({ size: mask.size as [number, number], counts: mask.counts }, SIZE);
    sheet.width = width;
    sheet.height = height;
    const image = new ImageData(width, height);
    pixels.forEach((value, i) => {
      if (value) image.data.set([...COLORS[by], value === 2 ? 255 : 80], 4 * i);
    });
    sheet.getContext("2d")!.putImageData(image, 0, 0);
  }, [mask, by]);
  return (
    <figure className="story-step">
      <div>
        <img className="story-layer" src={`/api/v1/images/${imageId}/thumbnail?size=${SIZE}`} alt="" />
        {mask && <canvas className="story-layer" ref={canvas} aria-hidden />}
      </div>
      <figcaption>
        <Text size="sm">{title}</Text>
        <Text size="xs" c="dimmed">
          {words}
          {mask === null && `, ${t.drawsNothing}`}
        </Text>
      </figcaption>
    </figure>
  );
}
