import { Button, Group, Table } from "@mantine/core";
import type * as PlotModule from "@observablehq/plot";
import { useEffect, useRef, useState } from "react";
import { figure as t } from "../texts/dashboards";
import { language } from "../texts/language";
import { csvOf, pngOf, save, standalone, type Tabled } from "./download";
import { Failed } from "./States";

/** Observable Plot, as whoever draws a figure is handed it. */
export type Plot = typeof PlotModule;

interface Props {
  label: string;
  draw: (plot: Plot, width: number) => Element;
  /** What the drawing depends on; it is drawn again when one of them changes. */
  inputs: readonly unknown[];
  height?: number;
  /** What is drawn, as a table; with it come the downloads. */
  table?: Tabled;
}

/** A plot, its table and both as files. Observable Plot is fetched when the first one is shown. */
export function Figure({ label, draw, inputs, height = 80, table }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef(draw);
  latest.current = draw;
  const [error, setError] = useState<Error | null>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!box.current) return;
    const watch = new ResizeObserver(([entry]) => setWidth(Math.round(entry!.contentRect.width)));
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const spoken = language();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a plot is words too, and drawn anew in another language
  useEffect(() => {
    let gone = false;
    import("@observablehq/plot")
      .then((plot) => {
        if (gone || !box.current || !width) return;
        const drawn = latest.current(plot, width);
        // Plot names its marks; inside a picture such names are nobody's, and not allowed on what has no role.
        for (const mark of drawn.querySelectorAll("[aria-label]")) mark.removeAttribute("aria-label");
        box.current.replaceChildren(drawn);
        setError(null);
      })
      .catch((problem: Error) => !gone && setError(problem));
    return () => {
      gone = true;
    };
  }, [...inputs, width, spoken]);
  return (
    <>
      {error && <Failed error={error} title={t.failed} />}
      <div ref={box} role="img" aria-label={label} style={{ minHeight: height }} />
      {table && <Files label={label} table={table} plot={() => box.current?.querySelector("svg") ?? null} />}
    </>
  );
}

function Files({ label, table, plot }: { label: string; table: Tabled; plot: () => SVGSVGElement | null }) {
  const [shown, setShown] = useState(false);
  const name = label.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-");
  const files = {
    csv: async () => new Blob([csvOf(table)], { type: "text/csv" }),
    svg: async () => new Blob([standalone(plot()!)], { type: "image/svg+xml" }),
    png: () => pngOf(plot()!),
  };
  return (
    <>
      <Group gap={4}>
        <Button size="compact-xs" variant="subtle" color="gray" aria-expanded={shown} onClick={() => setShown(!shown)}>
          {t.table}
        </Button>
        {(["csv", "svg", "png"] as const).map((kind) => (
          <Button
            key={kind}
            size="compact-xs"
            variant="subtle"
            color="gray"
            aria-label={t.download(kind.toUpperCase(), label)}
            onClick={() => void files[kind]().then((blob) => save(blob, `${name}.${kind}`))}
          >
            {t[kind]}
          </Button>
        ))}
      </Group>
      {shown && <Rows table={table} />}
    </>
  );
}

function Rows({ table: { columns, rows } }: { table: Tabled }) {
  return (
    <Table fz="xs" withRowBorders={false} verticalSpacing={2}>
      <Table.Thead>
        <Table.Tr>
          {columns.map((column) => (
            <Table.Th key={column}>{column}</Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Table.Tr key={row.join("|")}>
            {row.map((cell, i) => (
              <Table.Td key={columns[i]}>{typeof cell === "number" ? Number(cell.toFixed(3)) : cell}</Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
