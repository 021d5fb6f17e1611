import "./FigurePage.css";
import { Anchor, Button, Checkbox, Group, Stack, Text, Textarea } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, need } from "../../api/client";
import { PageHead } from "../../components/PageHead";
import { Fetched } from "../../components/States";
import { findingName } from "../../components/words";
import { COLORS } from "../../editor/state";
import { panes as paneNames, compare as t } from "../../texts/compare";
import type { Told } from "./layers";
import { type FigureSearch, PANES, placeFrom } from "./search";

/** A comparison as a figure for a paper or a slide; the address is the figure's, and the API's. */
export function FigurePage() {
  const { labelId } = useParams({ from: "/shell/pseudo-labels/$labelId/figure" });
  const comparison = useQuery({
    queryKey: ["comparison", Number(labelId)],
    queryFn: () =>
      need(api.GET("/api/v1/pseudo-labels/{label_id}/comparison", { params: { path: { label_id: Number(labelId) } } })),
  });
  return <Fetched query={comparison}>{(told) => <Figure told={told} />}</Fetched>;
}

function Figure({ told }: { told: Told }) {
  const search = useSearch({ from: "/shell/pseudo-labels/$labelId/figure" });
  const navigate = useNavigate();
  const [caption, setCaption] = useState("");
  const [settled] = useDebouncedValue(caption, 500);
  const ask = (change: Partial<Record<keyof FigureSearch, unknown>>): void =>
    void navigate({ to: ".", search: ((before: FigureSearch) => ({ ...before, ...change })) as never, replace: true });
  const there = [...told.panes.map((pane) => pane.name as string), "difference"];
  const asked = (search.panes ?? "").split(".").filter((name) => there.includes(name));
  const shown = asked.length ? asked : there.slice(0, -1);
  const address = addressOf(told, shown, search, settled);
  return (
    <Stack gap="sm">
      <PageHead title={t.figureTitle}>
        <Text size="sm" c="dimmed">
          {told.image.file_name} · {findingName(told.label.finding)}
        </Text>
        <Link
          to="/iterations/$iterationId/compare"
          params={{ iterationId: String(told.iteration_id) }}
          search={{ label: told.label.id }}
          className="back quiet"
        >
          {t.title}
        </Link>
      </PageHead>
      <Group gap="lg" align="end">
        <Panes there={there} shown={shown} choose={(panes) => ask({ panes: panes.join(".") })} />
        <Palette told={told} color={search.color} choose={(color) => ask({ color })} />
      </Group>
      <Textarea
        size="xs"
        maw={640}
        maxLength={400}
        label={t.caption}
        description={t.captionHint}
        value={caption}
        onChange={(event) => setCaption(event.currentTarget.value)}
      />
      <Group gap="xs">
        {(["svg", "png"] as const).map((kind) => (
          <Button key={kind} component="a" size="xs" variant="default" href={address(kind)} download>
            {kind.toUpperCase()}
          </Button>
        ))}
        <Anchor size="sm" c="inherit" href={address("svg")}>
          {t.apiAddress}
        </Anchor>
      </Group>
      <img
        className="figure"
        src={address("svg")}
        alt={t.figureOf(told.image.file_name, findingName(told.label.finding))}
      />
    </Stack>
  );
}

/** Which panes are in the figure: one at least. */
function Panes({ there, shown, choose }: { there: string[]; shown: string[]; choose: (panes: string[]) => void }) {
  return (
    <Group gap="sm" role="group" aria-label={t.masks}>
      {[...PANES, "difference" as const].map((name) => (
        <Checkbox
          key={name}
          size="xs"
          label={name === "difference" ? t.difference : paneNames[name]}
          disabled={!there.includes(name)}
          checked={shown.includes(name)}
          onChange={(event) => {
            const on = event.currentTarget.checked;
            const next = there.filter((one) => (one === name ? on : shown.includes(one)));
            if (next.length) choose(next);
          }}
        />
      ))}
    </Group>
  );
}

/** The eight colours that every eye tells apart; nothing else can be chosen. */
function Palette({ told, color, choose }: { told: Told; color: number | undefined; choose: (color: number) => void }) {
  return (
    <Group gap={4} role="group" aria-label={t.color(findingName(told.label.finding))}>
      {COLORS.map((rgb, index) => (
        <button
          key={rgb.join("-")}
          type="button"
          className="palette"
          aria-pressed={index === color}
          aria-label={t.colorNumber(index + 1)}
          style={{ background: `rgb(${rgb.join(" ")})` }}
          onClick={() => choose(index)}
        />
      ))}
    </Group>
  );
}

function addressOf(told: Told, panes: string[], { base, color, window, at }: FigureSearch, caption: string) {
  const query = new URLSearchParams({ panes: panes.join(".") });
  const { width, height } = told.image;
  const place = placeFrom(at);
  if (base) query.set("base", base);
  if (color !== undefined) query.set("color", String(color));
  if (window) query.set("window", window);
  if (place && place.zoom > 1.05) {
    const [x, y] = [0.5 / place.zoom, 0.5 / place.zoom];
    const box = [(place.x - x) * width, (place.y - y) * height, (place.x + x) * width, (place.y + y) * height];
    query.set("box", box.map((side) => Math.max(0, Math.round(side))).join(","));
  }
  if (caption) query.set("caption", caption);
  return (kind: "svg" | "png"): string => `/api/v1/pseudo-labels/${told.label.id}/figure.${kind}?${query}`;
}
