import "./FilmPane.css";
import "../../components/film.css";
import { Center } from "@mantine/core";
import { Failed } from "../../components/States";
import { reading as t } from "../../texts/reading";
import { Finished } from "./Finished";
import { Refused } from "./Refused";
import { SignInAgain } from "./SignInAgain";
import { type Offer, Strip } from "./Strip";
import type { Room } from "./useRoom";

/** The film, or why there is none; over it what the reader is to know, and the strip of masks. */
export function FilmPane({ room, strip, take }: { room: Room; strip: boolean; take: (offer: Offer) => void }) {
  const { audit, editor, error, noFilm, peek, problem, running, session, signedOut, state, told } = room;
  const failed = problem ?? (noFilm ? null : error);
  return (
    <section ref={room.film} className="film" aria-label={t.film}>
      {strip && !peek && told && editor && state && (
        <Strip told={told} editor={editor} finding={state.finding} take={take} />
      )}
      {signedOut && <SignInAgain signedIn={room.signedIn} />}
      {session.refusal && <Refused problem={session.refusal} close={() => void running.tell({ type: "dismiss" })} />}
      {failed && (
        <Center h="100%" pos="relative">
          <Failed error={failed} retry={room.retry} />
        </Center>
      )}
      {!error && !problem && !session.finished && !editor && !signedOut && (
        <Center h="100%" role="status" className="quiet">
          {told ? t.fetching : t.opening}
        </Center>
      )}
      {session.finished && !problem && <Finished auditId={String(room.auditId)} closed={audit?.closed} />}
    </section>
  );
}
