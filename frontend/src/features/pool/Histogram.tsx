import "./Histogram.css";
import { RangeSlider, Text } from "@mantine/core";
import { useEffect, useState } from "react";
import type { Schemas } from "../../api/client";
import { pool as t } from "../../texts/pool";

interface Props {
  label: string;
  bins: Schemas["BinOut"][];
  /** low-high, or nothing for all. */
  range: string | undefined;
  spell: (edge: number) => string;
  onRange: (range: string | undefined) => void;
}

/** Counts by value; the slider beneath selects whole bins, by hand or by arrow keys. */
export function Histogram({ label, bins, range, spell, onRange }: Props) {
  const [from, to] = placesOf(bins, range);
  const [held, setHeld] = useState<[number, number]>([from, to]);
  useEffect(() => setHeld([from, to]), [from, to]);
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  const within = bins.slice(held[0], held[1]).reduce((sum, bin) => sum + bin.count, 0);
  const said = bins.length ? t.span(spell(bins[held[0]]?.low ?? 0), spell(bins[held[1] - 1]?.high ?? 0)) : "";
  return (
    <div className="histogram">
      <Text size="sm" component="div">
        {label} <span className="quiet">{held[0] > 0 || held[1] < bins.length ? said : t.wholeRange}</span>
      </Text>
      <div className="bars" role="img" aria-label={t.bar(label, within.toLocaleString(), said)}>
        {bins.map((bin, i) => (
          <i
            key={bin.low}
            title={`${t.span(spell(bin.low), spell(bin.high))}: ${bin.count.toLocaleString()}`}
            data-out={i < held[0] || i >= held[1] || undefined}
            style={{ height: bin.count ? `${4 + (96 * Math.sqrt(bin.count)) / Math.sqrt(most)}%` : 0 }}
          />
        ))}
      </div>
      <RangeSlider
        size="xs"
        min={0}
        max={Math.max(1, bins.length)}
        minRange={1}
        value={held}
        label={null}
        thumbFromLabel={t.from(label)}
        thumbToLabel={t.to(label)}
        onChange={setHeld}
        onChangeEnd={([low, high]) =>
          onRange(low === 0 && high >= bins.length ? undefined : `${bins[low]!.low}-${bins[high - 1]!.high}`)
        }
      />
    </div>
  );
}

/** From which bin to which one a range reaches; a range beyond the bins takes what there is of them. */
export function placesOf(bins: { low: number; high: number }[], range: string | undefined): [number, number] {
  if (!range || !bins.length) return [0, Math.max(1, bins.length)];
  const [low, high] = range.split("-").map(Number) as [number, number];
  const from = bins.findIndex((bin) => bin.high > low);
  const to = bins.filter((bin) => bin.low < high).length;
  const start = from < 0 ? bins.length - 1 : from;
  return [start, Math.max(start + 1, to)];
}
