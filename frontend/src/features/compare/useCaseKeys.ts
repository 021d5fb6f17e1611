import { useEffect, useRef } from "react";
import type { Mode } from "./search";

interface Acts {
  mode: (mode: Mode) => void;
  flipping: boolean;
  flip: (by: number) => void;
  fit: () => void;
  auto: () => void;
  invert: () => void;
}

const PEEK_MS = 300;
const STEPS: Record<string, number> = { n: 1, arrowright: 1, p: -1, arrowleft: -1 };

/** N and P go through the pairs, also while the next one is on its way. */
export function useStepKeys(step: (by: number) => void): void {
  const latest = useRef(step);
  latest.current = step;
  useEffect(() => {
    const down = (event: KeyboardEvent): void => {
      const by = STEPS[event.key.toLowerCase()];
      if (by === undefined || event.repeat || event.ctrlKey || event.metaKey || event.altKey || types(event)) return;
      latest.current(by);
      event.preventDefault();
    };
    globalThis.addEventListener("keydown", down);
    return () => globalThis.removeEventListener("keydown", down);
  }, []);
}

/** S, F and D choose how masks are shown; in the flip-book F is the next mask, held a peek. */
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

function keysOf({ mode, flipping, flip, fit, auto, invert }: Acts): Record<string, () => void> {
  return {
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
