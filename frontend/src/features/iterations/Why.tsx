import { List, SegmentedControl, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, need } from "../../api/client";
import { Figure } from "../../components/Figure";
import { PageHead } from "../../components/PageHead";
import { Fetched } from "../../components/States";
import { findingName } from "../../components/words";
import { dashboards } from "../../texts/dashboards";
import { why as t } from "../../texts/why";
import { Panel } from "./Panel";
import { intervals, nameOf } from "./Scores";
import { SCORES, type Score } from "./scores";
import { WhyEntered } from "./WhyEntered";
import { WhyFilms } from "./WhyFilms";
import { WhyRecipes } from "./WhyRecipes";
import { dotsOfBoth, scoreOfBoth, type Told, unlikeSentence } from "./why";

/** Why an iteration's scores rose or fell: all that is kept of it and of the one before, side by side. */
export function Why() {
  const { iterationId } = useParams({ from: "/shell/iterations/$iterationId/why" });
  const told = useQuery({
    queryKey: ["why", Number(iterationId)],
    queryFn: () =>
      need(
        api.GET("/api/v1/iterations/{iteration_id}/why", { params: { path: { iteration_id: Number(iterationId) } } }),
      ),
  });
  return <Fetched query={told}>{(found) => <Beside told={found} />}</Fetched>;
}

function Beside({ told }: { told: Told }) {
  const { iteration, before } = told;
  return (
    <Stack gap="lg">
      <PageHead title={t.title}>
        <Link to="/projects/$projectId" params={{ projectId: String(iteration.project_id) }} className="back quiet">
          {t.beside(iteration.index, before.index)}
        </Link>
      </PageHead>
      <Scores told={told} />
      <Unlike told={told} />
      <WhyFilms told={told} />
      <WhyEntered told={told} />
      <WhyRecipes told={told} />
    </Stack>
  );
}

function Scores({ told }: { told: Told }) {
  const [score, setScore] = useState<Score>("d_auc");
  const [dots, name] = [dotsOfBoth(told, score), nameOf(score)];
  return (
    <Panel
      title={t.scores}
      what={t.scoresWhat(name, dashboards[told.split ?? "external"])}
      empty={told.scores.length ? null : t.noScores}
    >
      <SegmentedControl
        size="xs"
        aria-label={dashboards.score}
        value={score}
        onChange={(value) => setScore(value as Score)}
        data={SCORES.map((value) => ({ value, label: nameOf(value) }))}
      />
      <Text size="sm">
        {told.scores
          .filter((one) => one.metric === score)
          .map(scoreOfBoth)
          .join(" · ")}
      </Text>
      <Figure
        label={`${t.scores}: ${name}`}
        height={240}
        draw={(Plot, width) => intervals(Plot, width, dots, { y: name, domain: [0, 1] })}
        inputs={[told, score]}
        table={{
          columns: [dashboards.iteration, dashboards.finding, name, dashboards.low, dashboards.high],
          rows: dots.map((dot) => [dot.iteration, findingName(dot.finding), dot.value, dot.low, dot.high]),
        }}
      />
    </Panel>
  );
}

function Unlike({ told: { unlike } }: { told: Told }) {
  return (
    <Panel title={t.unlike} what={unlike.length ? t.unlikeWhat : t.alike} empty={null}>
      <List size="sm" spacing={4}>
        {unlike.map((one) => (
          <List.Item key={`${one.what} ${one.finding}`}>{unlikeSentence(one)}</List.Item>
        ))}
      </List>
    </Panel>
  );
}
