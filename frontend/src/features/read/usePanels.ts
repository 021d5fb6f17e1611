import { useEffect, useState } from "react";
import type { Opened } from "./session/types";

export type Panels = ReturnType<typeof usePanels>;

/** What may stand over the film: the sheet of keys, the palette, the strip of masks; another film comes without a strip. */
export function usePanels(opened: Opened | null) {
  const [help, setHelp] = useState(false);
  const [palette, setPalette] = useState(false);
  const [strip, setStrip] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new case, nothing else, begins anew
  useEffect(() => setStrip(false), [opened]);
  return { help, setHelp, palette, setPalette, strip, setStrip };
}
