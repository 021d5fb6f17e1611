import "./Side.css";
import type { ReactNode, RefObject } from "react";
import type { Editor } from "../../editor/editor";
import type { State } from "../../editor/state";
import { reading as t } from "../../texts/reading";
import { FindingChips } from "./FindingChips";
import { Siblings } from "./Siblings";
import type { Offer } from "./Strip";
import type { Case, Verdict, Verdicts } from "./session/types";
import { Tools } from "./Tools";
import { VerdictBar } from "./VerdictBar";

/** A case that is on the screen. */
export interface Shown {
  told: Case;
  editor: Editor;
  state: State;
  verdicts: Verdicts;
}

interface Props {
  shown: Shown | null;
  ready: boolean;
  left: number[];
  held: boolean; // false: to be looked at; nothing of it can be pressed yet
  accept: () => void;
  judge: (verdict: Verdict) => void;
  take: (offer: Offer) => void;
  slider: RefObject<HTMLDivElement | null>;
  focusFilm: () => void;
  openStrip: () => void;
  children: ReactNode; // what is said beside a verdict
}

/** Beside the film: its findings, what is said of them, and the tools. */
export function Side({ shown, ready, left, held, accept, judge, take, slider, focusFilm, openStrip, children }: Props) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: after a click, not after a key, the film has the keys again
    <aside
      className="side"
      aria-label={t.side}
      inert={shown !== null && !held}
      onClick={(event) => event.detail > 0 && focusFilm()}
    >
      {shown && (
        <>
          <FindingChips {...shown} />
          <VerdictBar {...shown} ready={ready} left={left} accept={accept} judge={judge} />
          {children}
          <Siblings
            key={shown.state.finding}
            siblings={shown.told.findings[shown.state.finding]?.siblings ?? []}
            editor={shown.editor}
            take={take}
          />
          <Tools {...shown} slider={slider} focusFilm={focusFilm} openStrip={openStrip} />
        </>
      )}
    </aside>
  );
}
