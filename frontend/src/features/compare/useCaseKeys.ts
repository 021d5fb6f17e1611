import { useEffect, useRef } from "react";
import type { Mode } from "./search";

interface Acts {
  step: (by: number) => void;
  mode: (mode: Mode) => void;
  flipping: boolean;
  flip: (by: number) => void;
  fit: () => void;
  auto: () => void;
  invert: () => void;
}

const PEEK_MS = 300;

/** N and P go through the pairs, S, F and D choose how they are shown; in the flip-book F is the next mask, held a peek. */
export function useCaseKeys(acts: Acts): void {
  const latest = useRef(acts);
  latest.current = acts;
  useEffect(() => {
    let pressed: number | null = null;
    const down = (event: KeyboardEvent): void => {
      if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || types(event)) return;
      const key = event.key.toLowerCase();
      if (key === "f" && latest.current.flipping) pressed = event.timeStamp;
      const act = keysOf(latest.current)[key];
      if (!act) return;
      act();
      event.preventDefault();
    };
    const up = (event: KeyboardEvent): void => {
      if (event.key.toLowerCase() !== "f" || pressed === null) return;
      if (event.timeStamp - pressed > PEEK_MS) latest.current.flip(-1);
      pressed = null;
    };
    globalThis.addEventListener("keydown", down);
    globalThis.addEventListener("keyup", up);
    return () => {
      globalThis.removeEventListener("keydown", down);
      globalThis.removeEventListener("keyup", up);
    };
  }, []);
}

function keysOf({ step, mode, flipping, flip, fit, auto, invert }: Acts): Record<string, () => void> {
  return {
    n: () => step(1),
    arrowright: () => step(1),
    p: () => step(-1),
    arrowleft: () => step(-1),
    f: () => (flipping ? flip(1) : mode("flip")),
    s: () => mode("side"),
    d: () => mode("difference"),
    w: auto,
    i: invert,
    "0": fit,
  };
}

/** Letters typed into a field are the field's; arrows too where they move a choice. */
function types({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("input[type=radio], input[type=checkbox]")) return key.startsWith("Arrow");
  return target.closest("input, textarea, select") !== null;
}
