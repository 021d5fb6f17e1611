import { memo, useEffect, useRef } from "react";
import type { Color } from "../../editor/render2d";
import { thumbOf } from "../../editor/thumb";
import type { Tile } from "./wall";

const SIZE = 160;

/** A small film with its mask over it, drawn here from the runs that came with the page. */
export const Thumbnail = memo(function Thumbnail({ tile, color }: { tile: Tile; color: Color }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const sheet = canvas.current;
    if (!sheet || !tile.mask) return;
    const { width, height, pixels } = thumbOf(tile.mask, SIZE);
    sheet.width = width;
    sheet.height = height;
    const image = new ImageData(width, height);
    pixels.forEach((value, i) => {
      if (value) image.data.set([...color, value === 2 ? 255 : 70], 4 * i);
    });
    sheet.getContext("2d")!.putImageData(image, 0, 0);
  }, [tile.mask, color]);
  return (
    <>
      <img src={`/api/v1/images/${tile.image_id}/thumbnail?size=${SIZE}`} alt="" decoding="async" draggable={false} />
      {tile.mask && <canvas ref={canvas} aria-hidden />}
    </>
  );
});
