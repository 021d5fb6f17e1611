import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { fetchBytes } from "../../api/client";
import { parseFilm } from "../../editor/film";
import { Lightbox, type Place } from "../../editor/lightbox";
import type { Window } from "../../editor/window";
import type { Told } from "./layers";

const REST_MS = 400;

/** Pixels never change under their film's number; a few films are kept, since they are large. */
export function filmQuery(imageId: number) {
  return {
    queryKey: ["film", imageId],
    queryFn: async () => parseFilm(await fetchBytes(`/api/v1/images/${imageId}/pixels`)),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 20_000,
    structuralSharing: false,
  };
}

/** A light box for a case's film, opened at a place and a window; ``onRest`` is told where it was left. */
export function useLightbox(
  { image, label }: Told,
  start: { place: Place | null; window: Window | null },
  onRest: (place: Place, window: Window) => void,
) {
  const film = useQuery(filmQuery(image.id));
  const [box, setBox] = useState<Lightbox | null>(null);
  const latest = useRef({ start, onRest });
  latest.current = { start, onRest };
  // biome-ignore lint/correctness/useExhaustiveDependencies: another finding on the same film is another case
  useEffect(() => {
    if (!film.data) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const moved = (place: Place, window: Window): void => {
      clearTimeout(timer);
      timer = setTimeout(() => latest.current.onRest(place, window), REST_MS);
    };
    const opened = new Lightbox(film.data, moved, latest.current.start.place, latest.current.start.window);
    setBox(opened);
    return () => {
      clearTimeout(timer);
      setBox(null);
      opened.destroy();
    };
  }, [film.data, label.id]);
  return { box, error: film.error, retry: () => void film.refetch() };
}
