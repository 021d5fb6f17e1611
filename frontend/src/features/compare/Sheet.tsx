import "../../components/film.css";
import { useEffect, useRef } from "react";
import type { Layer, Lightbox } from "../../editor/lightbox";

interface Props {
  box: Lightbox | null;
  label: string;
  caption: React.ReactNode;
  layers: Layer[];
}

/** One sheet of a light box: the film, these layers, and whose they are. */
export function Sheet({ box, label, caption, layers }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const sheet = canvas.current;
    if (!box || !sheet) return;
    box.attach(sheet);
    return () => box.detach(sheet);
  }, [box]);
  useEffect(() => {
    if (box && canvas.current) box.show(canvas.current, layers);
  }, [box, layers]);
  return (
    <figure className="pane film">
      <figcaption>{caption}</figcaption>
      <canvas ref={canvas} role="img" aria-label={label} />
    </figure>
  );
}
