import { memo, useEffect, useRef } from "react";
import type { Color } from "../../editor/renderer";
import { drawThumb, thumbOf } from "../../editor/thumb";
import type { Tile } from "./wall";

const SIZE = 160;

/** A small film with its mask over it, drawn here from the runs that came with the page. */
export const Thumbnail = memo(function Thumbnail({ tile, color }: { tile: Tile; color: Color }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current && tile.mask) drawThumb(thumbOf(tile.mask, SIZE), canvas.current, color);
  }, [tile.mask, color]);
  return (
    <>
      <img src={`/api/v1/images/${tile.image_id}/thumbnail?size=${SIZE}`} alt="" decoding="async" draggable={false} />
      {tile.mask && <canvas ref={canvas} aria-hidden />}
    </>
  );
});
