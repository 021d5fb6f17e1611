import "./ReadPage.css";
import { useParams, useSearch } from "@tanstack/react-router";
import { FilmPane } from "./FilmPane";
import { HelpSheet } from "./HelpSheet";
import { Palette } from "./Palette";
import { RemarkLine } from "./RemarkLine";
import { type Shown, Side } from "./Side";
import { earlier, standing } from "./session/verdicts";
import { Top } from "./Top";
import { useCommands } from "./useCommands";
import { perform } from "./useKeys";
import { usePanels } from "./usePanels";
import { type Room, useRoom } from "./useRoom";

/** The reading room: one film, its findings, one hand on the keys. */
export function ReadPage() {
  const { auditId } = useParams({ from: "/audits/$auditId/read" });
  const { case: asked } = useSearch({ from: "/audits/$auditId/read" });
  return <ReadingRoom key={auditId} auditId={Number(auditId)} asked={asked ?? null} />; // a room an audit
}

function ReadingRoom({ auditId, asked }: { auditId: number; asked: number | null }) {
  const room = useRoom(auditId, asked);
  const panels = usePanels(room.opened);
  const { page, take, note, slider } = useCommands(room, panels);
  const { editor, focusFilm, judging, looking, peek } = room;
  const { active, remark, remarkable, setRemark } = judging;
  return (
    <div className="reading">
      <Top room={room} help={() => panels.setHelp(true)} />
      <FilmPane room={room} strip={panels.strip} take={take} />
      <Side
        shown={shownIn(room)}
        held={!peek}
        ready={looking.ready}
        left={looking.left}
        accept={page.accept}
        judge={judging.judge}
        take={take}
        slider={slider}
        focusFilm={focusFilm}
        openStrip={page.strip}
      >
        {active && remarkable && !peek && (
          <RemarkLine finding={active} remark={remark} change={setRemark} input={note} focusFilm={focusFilm} />
        )}
      </Side>
      <HelpSheet shown={panels.help} close={() => panels.setHelp(false)} />
      <Palette
        shown={panels.palette}
        close={() => {
          panels.setPalette(false);
          focusFilm();
        }}
        run={(action) => perform(action, editor, page)}
      />
    </div>
  );
}

/** The case on the screen; one that is looked at ahead is as it is before anybody holds it. */
function shownIn({ peek, told, editor, state, judging }: Room): Shown | null {
  if (peek) {
    const { told, editor, state } = peek;
    return { told, editor, state, verdicts: standing(told, earlier(told), state.revisions) };
  }
  return told && editor && state && { told, editor, state, verdicts: judging.verdicts };
}
