import "./Strip.css";
import { useEffect, useRef } from "react";
import { lateWord } from "../../components/late";
import { verdictWord } from "../../components/words";
import type { Editor } from "../../editor/editor";
import type { Source } from "../../editor/history";
import { caps } from "../../editor/keys";
import type { Rle } from "../../editor/rle";
import { offersOf, reading as t } from "../../texts/reading";
import { siblings as late } from "../../texts/siblings";
import type { Case } from "./session/types";

export interface Offer {
  source: Source;
  name: string;
  mask: Rle | null;
  teacher?: number;
}

/** The masks of a finding that can be taken over: four always in these places, then what others and earlier audits said
 * (told once this reader has), each teacher's own and late saves. */
export function offers(told: Case, bit: number): Offer[] {
  const finding = told.findings[bit];
  return [
    { source: "pseudo", name: offersOf.pseudo, mask: finding?.pseudo ?? null },
    { source: "previous", name: offersOf.previous, mask: finding?.previous ?? null },
    { source: "public", name: offersOf.public, mask: finding?.public ?? null },
    { source: "read", name: offersOf.read, mask: finding?.read ?? null },
    ...(finding?.others ?? []).map((other) => ({
      source: "read" as const,
      name: offersOf.other(other.mine ? late.yours : other.reader, other.iteration, verdictWord(other.verdict)),
      mask: other.mask,
    })),
    ...(finding?.teachers ?? []).map(({ number, mask }) => ({
      source: "teacher" as const,
      name: t.teacher(number),
      mask,
      teacher: number,
    })),
    ...(finding?.siblings ?? []).map((one) => ({ source: "sibling" as const, name: lateWord(one), mask: one.mask })),
  ];
}

interface Props {
  told: Case;
  editor: Editor;
  finding: number;
  take: (offer: Offer) => void;
}

/** The strip of masks over the film: a digit, or a click, takes one over. */
export function Strip({ told, editor, finding, take }: Props) {
  return (
    <fieldset className="strip" aria-label={t.strip}>
      {offers(told, finding).map((offer, n) => (
        <button
          type="button" // biome-ignore lint/suspicious/noArrayIndexKey: offers have their places
          key={n}
          disabled={!offer.mask}
          onClick={() => take(offer)}
        >
          {offer.mask && <Thumbnail editor={editor} finding={finding} mask={offer.mask} />}
          <span>
            {n < 9 && <kbd>{n + 1}</kbd>} {offer.name}
            {!offer.mask && t.nothing}
          </span>
        </button>
      ))}
      <span className="quiet">
        <kbd>{caps("strip")}</kbd>
        {t.stripCloses}
        {!told.blind && !told.findings[finding]?.teachers.length && t.noTeachers}
      </span>
    </fieldset>
  );
}

function Thumbnail({ editor, finding, mask }: { editor: Editor; finding: number; mask: Rle }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current) editor.thumbnail(canvas.current, finding, mask);
  }, [editor, finding, mask]);
  return <canvas ref={canvas} width={128} height={128} aria-hidden />;
}
