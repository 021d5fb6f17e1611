import "../../components/film.css";
import { Button, Checkbox, Group, NativeSelect, SegmentedControl, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { Failed } from "../../components/States";
import { findingName, share, verdictWord } from "../../components/words";
import type { Layer } from "../../editor/lightbox";
import type { Color } from "../../editor/renderer";
import { isEmptyRle } from "../../editor/rle";
import { COLORS, DIFFERENCE } from "../../editor/state";
import { missing, panes as paneNames, compare as t } from "../../texts/compare";
import { LateSaves } from "./LateSaves";
import { agreementOf, differenceLayers, lateLayer, maskLayers, sourceBoxLayers, type Told } from "./layers";
import { PublicVerdict } from "./PublicVerdict";
import { Sheet } from "./Sheet";
import { SourceWords } from "./SourceWords";
import {
  type CompareSearch,
  type FigureSearch,
  figureSearch,
  MODES,
  type Mode,
  PANES,
  type PaneName,
  panesOf,
  placeFrom,
  placeText,
  windowFrom,
  windowText,
} from "./search";
import { useCaseKeys } from "./useCaseKeys";
import { useLightbox } from "./useLightbox";

interface Props {
  told: Told;
  findings: string[];
  search: CompareSearch;
  /** Change the address; ``undefined`` takes a word out of it. */
  ask: (change: Partial<Record<keyof CompareSearch, unknown>>) => void;
  onStep: (by: number) => void;
}

/** One finding on one film: its masks side by side, in turn on one pane, or two of them as their difference. */
export function Case({ told, findings, search, ask, onStep }: Props) {
  const there = told.panes.map((pane) => pane.name);
  const asked = search.panes ? panesOf(search.panes) : there;
  const chosen = asked.filter((name) => there.includes(name));
  const shown = chosen.length ? chosen : there;
  const base = search.base && there.includes(search.base) ? search.base : (shown[0] ?? "pseudo");
  const mode: Mode = search.mode ?? "side";
  const [turn, setTurn] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another case begins with its first mask
  useEffect(() => setTurn(0), [told.label.id]);
  const { box, error, retry } = useLightbox(
    told,
    { place: placeFrom(search.at), window: windowFrom(search.window) },
    (place, window) => ask({ at: placeText(place), window: windowText(window) }),
  );
  const { over, late, setLate, boxed, setBoxed } = useOver(told);
  const color = COLORS[Math.max(0, findings.indexOf(told.label.finding))]!;
  const inTurn = shown[turn % shown.length]!;
  const other = shown.find((name) => name !== base) ?? base;
  useCaseKeys({
    mode: (next) => ask({ mode: next === "side" ? undefined : next }),
    flipping: mode === "flip",
    flip: (by) => setTurn((now) => (now + by + shown.length) % shown.length),
    fit: () => box?.fit(),
    auto: () => box?.autoWindow(),
    invert: () => box?.invert(),
  });
  if (error) return <Failed error={error} retry={retry} />;
  return (
    <Stack gap={6}>
      <Group justify="space-between" gap="xs">
        <Text size="sm" fw={600}>
          {told.image.file_name} · {findingName(told.label.finding)}
        </Text>
        <Choices {...{ there, shown, base, mode, ask }} />
      </Group>
      <div className="panes">
        {mode === "difference" ? (
          <Difference {...{ told, box, base, other, over }} />
        ) : (
          (mode === "flip" ? [inTurn] : shown).map((name) => (
            <Mask key={mode === "flip" ? "flip" : name} {...{ told, box, name, base, color, over }} />
          ))
        )}
      </div>
      <Group justify="space-between" gap="xs" align="start">
        <Text size="xs" c="dimmed">
          {t.borders(`${told.tolerance} ${told.unit}`)}
          {told.unit === "px" && ` (${t.noSpacing})`}. {t.keys} {mode === "flip" && t.hold}
        </Text>
        <Acts box={box} label={told.label.id} figure={figureOf(shown, search)} onStep={onStep} />
      </Group>
      {told.statements.length + told.source_boxes.length > 0 && (
        <SourceWords told={told} shown={boxed} show={setBoxed} />
      )}
      {told.siblings.length > 0 && <LateSaves told={told} shown={late} show={setLate} />}
      {there.includes("public") && <PublicVerdict key={told.label.id} told={told} />}
    </Stack>
  );
}

/** What is laid over every pane: a late save that is looked at, and the boxes that the source drew. */
function useOver(told: Told) {
  const [late, setLate] = useState<number | null>(null);
  const [boxed, setBoxed] = useState(true);
  const lateMask = told.siblings.find(({ id }) => id === late)?.mask ?? null;
  const over = useMemo(
    () => [...(lateMask ? [lateLayer(lateMask)] : []), ...(boxed ? sourceBoxLayers(told) : [])],
    [lateMask, boxed, told],
  );
  return { over, late, setLate, boxed, setBoxed };
}

interface ActsProps {
  box: ReturnType<typeof useLightbox>["box"];
  label: number;
  figure: FigureSearch;
  onStep: Props["onStep"];
}

/** What a hand can do with the panes, and where to from here; each with its key. */
function Acts({ box, label, figure, onStep }: ActsProps) {
  const act = (name: string, key: string, does: () => void) => (
    <Button size="compact-xs" variant="default" onClick={does}>
      {name}&nbsp;<kbd>{key}</kbd>
    </Button>
  );
  return (
    <Group gap="xs">
      {act(t.fit, "0", () => box?.fit())}
      {act(t.auto, "W", () => box?.autoWindow())}
      {act(t.invert, "I", () => box?.invert())}
      <Button
        size="compact-xs"
        variant="default"
        renderRoot={(props) => (
          <Link to="/pseudo-labels/$labelId/figure" params={{ labelId: String(label) }} search={figure} {...props} />
        )}
      >
        {t.figure}
      </Button>
      {act(t.previous, "P", () => onStep(-1))}
      {act(t.next, "N", () => onStep(1))}
    </Group>
  );
}

/** The figure of what is on the screen. */
function figureOf(shown: PaneName[], { mode, base, at, window }: CompareSearch): FigureSearch {
  const panes = mode === "difference" ? [...shown, "difference"] : shown;
  return figureSearch({ panes: panes.join("."), base, at, window });
}

interface ChoicesProps {
  there: PaneName[];
  shown: PaneName[];
  base: PaneName;
  mode: Mode;
  ask: Props["ask"];
}

function Choices({ there, shown, base, mode, ask }: ChoicesProps) {
  return (
    <Group gap="md">
      <Group gap="sm" role="group" aria-label={t.masks}>
        {PANES.map((name) => (
          <Checkbox
            key={name}
            size="xs"
            label={there.includes(name) ? paneNames[name] : `${paneNames[name]}: ${missing[name]}`}
            disabled={!there.includes(name)}
            checked={shown.includes(name)}
            onChange={(event) => {
              const next = PANES.filter((one) => (one === name ? event.currentTarget.checked : shown.includes(one)));
              if (next.length) ask({ panes: next.join(".") });
            }}
          />
        ))}
      </Group>
      <NativeSelect
        size="xs"
        aria-label={t.measuredWith}
        value={base}
        onChange={(event) => ask({ base: event.currentTarget.value })}
        data={there.map((name) => ({ value: name, label: `${t.measuredWith}: ${paneNames[name]}` }))}
      />
      <SegmentedControl
        size="xs"
        aria-label={t.mode}
        value={mode}
        onChange={(value) => ask({ mode: value === "side" ? undefined : value })}
        data={MODES.map((value) => ({ value, label: t[value] }))}
      />
    </Group>
  );
}

interface MaskProps {
  told: Told;
  box: ReturnType<typeof useLightbox>["box"];
  name: PaneName;
  base: PaneName;
  color: Color;
  over: Layer[];
}

function Mask({ told, box, name, base, color, over }: MaskProps) {
  const pane = told.panes.find((one) => one.name === name)!;
  const layers = useMemo(() => [...maskLayers(pane.mask, color), ...over], [pane.mask, color, over]);
  const word = name === "read" && told.verdict ? verdictWord(told.verdict) : null;
  const area = isEmptyRle(pane.mask)
    ? told.verdict === "reject" && name === "read"
      ? null
      : t.noLesion
    : areaOf(pane);
  return (
    <Sheet
      box={box}
      layers={layers}
      label={t.paneOn(paneNames[name], told.image.file_name)}
      caption={[paneNames[name], word, area, name === base ? null : measures(told, name, base)]
        .filter(Boolean)
        .join(" · ")}
    />
  );
}

function Difference({ told, box, base, other, over }: Omit<MaskProps, "name" | "color"> & { other: PaneName }) {
  const [a, b] = [base, other].map((name) => told.panes.find((one) => one.name === name)!.mask);
  const layers = useMemo(() => [...differenceLayers(a!, b!), ...over], [a, b, over]);
  return (
    <Sheet
      box={box}
      layers={layers}
      label={t.paneOn(t.difference, told.image.file_name)}
      caption={
        <>
          <Dot color={DIFFERENCE[1]!} /> {t.onlyIn(paneNames[base])} · <Dot color={DIFFERENCE[0]!} />{" "}
          {t.onlyIn(paneNames[other])} · {t.inBoth} · {measures(told, other, base)}
        </>
      }
    />
  );
}

function Dot({ color }: { color: Color }) {
  return <span className="swatch" style={{ display: "inline-block", background: `rgb(${color.join(" ")})` }} />;
}

function measures(told: Told, name: PaneName, base: PaneName): string {
  const found = agreementOf(told, name, base);
  if (!found) return "";
  if (found.dice === null) return t.bothEmpty;
  return `Dice ${share(found.dice, 2)} · NSD ${share(found.nsd, 2)}`;
}

export function areaOf(pane: { area: number; area_mm2: number | null }): string {
  if (pane.area_mm2 === null) return `${pane.area.toLocaleString("en")} px`;
  return `${pane.area_mm2.toFixed(pane.area_mm2 < 100 ? 1 : 0)} mm²`;
}
