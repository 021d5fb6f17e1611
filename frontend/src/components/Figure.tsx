import type * as PlotModule from "@observablehq/plot";
import { useEffect, useRef } from "react";

interface Props {
  label: string;
  draw: (plot: typeof PlotModule, width: number) => Element;
  /** What the drawing depends on; it is drawn again when one of them changes. */
  inputs: readonly unknown[];
}

/** A plot. Observable Plot is fetched when the first one is shown. */
export function Figure({ label, draw, inputs }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef(draw);
  latest.current = draw;
  useEffect(() => {
    let gone = false;
    void import("@observablehq/plot").then((plot) => {
      if (!gone && box.current) box.current.replaceChildren(latest.current(plot, box.current.clientWidth || 600));
    });
    return () => {
      gone = true;
    };
  }, [...inputs]);
  return <div ref={box} role="img" aria-label={label} style={{ minHeight: 80 }} />;
}
