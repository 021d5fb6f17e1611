/** The masks of a comparison as layers of a light box: one mask in its finding's colour, or two in what tells them apart. */

import type { Schemas } from "../../api/client";
import { findingName } from "../../components/words";
import { contour } from "../../editor/contour";
import type { Layer } from "../../editor/lightbox";
import type { Color } from "../../editor/renderer";
import { decodeRle, type Rle } from "../../editor/rle";
import { DIFFERENCE } from "../../editor/state";

export type Told = Schemas["ComparisonOut"];
const COMMON: Color = [235, 235, 235];

export function maskLayers(mask: Rle, color: Color): Layer[] {
  const { bits, width, height } = pixelsOf(mask);
  return [{ path: contour(bits, width, height), color, filled: true }];
}

/** A late save, laid over any other mask as a line. */
export function lateLayer(mask: Rle): Layer {
  const { bits, width, height } = pixelsOf(mask);
  return { path: contour(bits, width, height), color: COMMON, filled: false };
}

/** The boxes that a source drew, each a dashed line with its finding and who drew it. */
export function sourceBoxLayers({ source_boxes, label }: Told): Layer[] {
  return source_boxes.map(({ left, top, right, bottom, reader }) => ({
    path: `M${left} ${top}H${right}V${bottom}H${left}Z`,
    color: COMMON,
    filled: false,
    dashed: true,
    note: { text: [findingName(label.finding), reader].filter(Boolean).join(" · "), at: { x: left, y: top } },
  }));
}

/** Only in a, only in b, and the outline of what both have. */
export function differenceLayers(a: Rle, b: Rle): Layer[] {
  const [one, other] = [pixelsOf(a), pixelsOf(b)];
  const { width, height } = one;
  const path = (inside: (i: number) => boolean): string =>
    contour(
      one.bits.map((_, i) => (inside(i) ? 1 : 0)),
      width,
      height,
    );
  return [
    { path: path((i) => !one.bits[i] && Boolean(other.bits[i])), color: DIFFERENCE[0]!, filled: true },
    { path: path((i) => Boolean(one.bits[i]) && !other.bits[i]), color: DIFFERENCE[1]!, filled: true },
    { path: path((i) => Boolean(one.bits[i] && other.bits[i])), color: COMMON, filled: false },
  ];
}

function pixelsOf(rle: Rle): { bits: Uint8Array; width: number; height: number } {
  const [height, width] = [rle.size[0]!, rle.size[1]!];
  const bits = new Uint8Array(width * height);
  decodeRle(rle, bits, width, height, 0);
  return { bits, width, height };
}

/** Dice and NSD of two panes, whichever way round they were told. */
export function agreementOf(told: Told, a: string, b: string): Schemas["PairAgreementOut"] | undefined {
  return told.agreements.find((one) => (one.a === a && one.b === b) || (one.a === b && one.b === a));
}
