/** Which renderer this browser is told to use; by itself it takes WebGL2 where a graphics card is there. */

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

export function rendererChoice(): Choice | null {
  try {
    const kept = localStorage.getItem(STORE);
    return CHOICES.find((choice) => choice === kept) ?? null;
  } catch {
    return null; // a store that is shut
  }
}
