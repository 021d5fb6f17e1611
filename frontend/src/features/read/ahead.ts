/** The film of the case that comes next: fetched, decoded and its greys made, before it is asked for. */

import { fetchBytes } from "../../api/client";
import { type Maps, parseFilm, parseMaps } from "../../editor/film";
import { Plate } from "../../editor/plate";

/** A film with its maps: as promises, and as they are once they came. */
export interface Parcel {
  film: Promise<Plate>;
  maps: () => Promise<Maps>;
  there: { film: Plate | null; maps: Maps | null };
}

let ahead: { name: string; parcel: Parcel } | null = null; // one: memory does not grow with the worklist

function nameOf(labellingId: number, imageId: number): string {
  return `${labellingId}/${imageId}`;
}

function send(labellingId: number, imageId: number, blind: boolean): Parcel {
  const there: Parcel["there"] = { film: null, maps: null };
  const film = fetchBytes(`/api/v1/images/${imageId}/pixels`).then((bytes) => {
    there.film = new Plate(parseFilm(bytes));
    return there.film;
  });
  const ask = (): Promise<Maps> => film.then(() => sendMaps(labellingId, imageId, there)); // the film comes first
  if (blind) return { film, maps: ask, there };
  const maps = ask();
  maps.catch(() => undefined); // told to whoever waits for it; a film that does not come takes its maps with it
  return { film, maps: () => maps, there };
}

async function sendMaps(labellingId: number, imageId: number, there: Parcel["there"]): Promise<Maps> {
  there.maps = parseMaps(await fetchBytes(`/api/v1/labellings/${labellingId}/images/${imageId}/maps`));
  return there.maps;
}

/** Have it ready; what was fetched ahead before and never asked for is let go. */
export function fetchAhead(labellingId: number, imageId: number): void {
  const name = nameOf(labellingId, imageId);
  if (ahead?.name === name) return;
  ahead?.parcel.film.then((plate) => plate.destroy()).catch(() => undefined);
  const mine = { name, parcel: send(labellingId, imageId, false) };
  ahead = mine;
  mine.parcel.film.catch(() => {
    if (ahead === mine) ahead = null; // what went wrong is tried again when it is asked for
  });
}

/** The film that was fetched ahead, if it is this one; else it is fetched now, without maps where it is read blind. */
export function takeFilm(labellingId: number, imageId: number, blind: boolean): Parcel {
  const mine = ahead?.name === nameOf(labellingId, imageId) ? ahead.parcel : null;
  if (!mine) return send(labellingId, imageId, blind);
  ahead = null; // its editor will destroy it: no second one may get it
  const { film, there, maps } = mine;
  // Maps that did not come ahead (of a film to be read blind none do) are asked for once more.
  return { film, there, maps: () => maps().catch(() => sendMaps(labellingId, imageId, there)) };
}
