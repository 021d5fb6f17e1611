/** Which renderer this browser is told to use. */

const STORE = "overread.renderer";
const CHOICES = ["webgl2", "canvas2d"] as const;

type Choice = (typeof CHOICES)[number];

/** An address with ``?renderer=webgl2`` or ``?renderer=canvas2d`` is kept in this browser; any other word forgets it. */
export function keepChoice(search: string): void {
  const asked = new URLSearchParams(search).get("renderer");
  if (asked === null) return;
  if (CHOICES.some((choice) => choice === asked)) localStorage.setItem(STORE, asked);
  else localStorage.removeItem(STORE);
}

/**
 * Told nothing, canvas2D: WebGL2's pictures have not been compared with its on graphics cards yet. Once they are, null
 * here lets the page take WebGL2 by itself where a card is.
 */
export function rendererChoice(): Choice | null {
  try {
    const kept = localStorage.getItem(STORE);
    return CHOICES.find((choice) => choice === kept) ?? "canvas2d";
  } catch {
    return "canvas2d"; // a store that is shut
  }
}
