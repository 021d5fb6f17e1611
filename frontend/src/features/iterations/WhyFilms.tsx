import "./WhyFilms.css";
import { Badge, Group, SegmentedControl, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import type { Schemas } from "../../api/client";
import { findingName, verdictWord } from "../../components/words";
import type { Color } from "../../editor/renderer";
import { COLORS } from "../../editor/state";
import { drawThumb, thumbOf } from "../../editor/thumb";
import { why as t } from "../../texts/why";
import { Panel } from "./Panel";
import { gainOf, type MovedFilm, nearness, type Told } from "./why";

const SIZE = 160;
const WAYS = ["gained", "lost"] as const;

/** The films of one finding whose masks came nearest to people's, and those that went away furthest. */
export function WhyFilms({ told }: { told: Told }) {
  const { moves, findings } = told;
  const [asked, setAsked] = useState<string | null>(null);
  const shown = moves.find((one) => one.finding === asked) ?? moves[0];
  return (
    <Panel title={t.films} what={t.filmsWhat} empty={shown ? null : t.noFilms}>
      {shown && (
        <>
          <SegmentedControl
            size="xs"
            aria-label={t.finding}
            value={shown.finding}
            onChange={setAsked}
            data={moves.map(({ finding }) => ({ value: finding, label: findingName(finding) }))}
          />
          <Groups groups={shown.groups} />
          {WAYS.map((way) => (
            <Stack gap={6} key={way} component="section" aria-label={t[way]}>
              <Title order={3} size="h5">
                {t[way]}
              </Title>
              {shown[way].length === 0 && <Text size="sm">{t.none}</Text>}
              <div className="moved">
                {shown[way].map((film) => (
                  <Film
                    key={film.label_id}
                    {...{ film, told }}
                    color={COLORS[Math.max(0, findings.indexOf(shown.finding))]!}
                  />
                ))}
              </div>
            </Stack>
          ))}
        </>
      )}
    </Panel>
  );
}

/** How the units went all in all, those apart that the networks learned from: there a gain is memory. */
function Groups({ groups }: { groups: Schemas["MovedGroupOut"][] }) {
  return groups.map((group) => (
    <Text size="sm" key={String(group.learned)}>
      {group.learned ? t.learnedFrom : t.notLearned}: {t.group(group.nearer, group.away, group.same)};{" "}
      {t.mean(gainOf(group))}.
    </Text>
  ));
}

function Film({ film, told, color }: { film: MovedFilm; told: Told; color: Color }) {
  const { before, iteration } = told;
  return (
    <Stack gap={4}>
      <div className="moved-film">
        <Picture {...{ film, color }} mask={film.before} name={t.iteration(before.index)} />
        <Picture {...{ film, color }} mask={film.after} name={t.iteration(iteration.index)} />
        <Picture {...{ film, color }} mask={film.truth} name={t.people} />
      </div>
      <Group gap="xs">
        <Text size="xs">{nearness(film)}</Text>
        <Badge size="xs" variant="light" color="gray">
          {film.verdict ? t.readAs(verdictWord(film.verdict)) : t.readBlind}
        </Badge>
        {film.learned && (
          <Badge size="xs" variant="light" color="gray">
            {t.learned}
          </Badge>
        )}
        <Link
          to="/iterations/$iterationId/compare"
          params={{ iterationId: String(iteration.id) }}
          search={{ label: film.label_id, panes: "pseudo.read.previous", base: "read" }}
          className="back moved-open"
          aria-label={t.openFilm(film.file_name)}
        >
          {t.open}
        </Link>
      </Group>
    </Stack>
  );
}

interface PictureProps {
  film: MovedFilm;
  mask: Schemas["RleOut"];
  color: Color;
  name: string;
}

/** The film with one of its masks; it is named by its caption. */
function Picture({ film, mask, color, name }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const rle = { size: mask.size as [number, number], counts: mask.counts };
    if (canvas.current) drawThumb(thumbOf(rle, SIZE), canvas.current, color);
  }, [mask, color]);
  return (
    <figure>
      <div className="moved-mask">
        <img src={`/api/v1/images/${film.image_id}/thumbnail?size=${SIZE}`} alt="" loading="lazy" decoding="async" />
        <canvas ref={canvas} aria-hidden />
      </div>
      <figcaption>{name}</figcaption>
    </figure>
  );
}
