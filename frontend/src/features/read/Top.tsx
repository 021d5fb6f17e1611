import "./Top.css";
import { Link, useNavigate } from "@tanstack/react-router";
import type { MouseEvent } from "react";
import { reading as t } from "../../texts/reading";
import { siblings as late } from "../../texts/siblings";
import { Progress } from "./Progress";
import { TopLine } from "./TopLine";
import type { Room } from "./useRoom";

/** Over the film: the way back, how far the audit is, which film this is, where the work on it is. */
export function Top({ room, help }: { room: Room; help: () => void }) {
  const { audit, judging, opened, pace, peek, running, session, signedOut, state, told } = room;
  const auditId = String(room.auditId);
  const navigate = useNavigate();
  const leave = async (event: MouseEvent): Promise<void> => {
    event.preventDefault();
    if (!peek) await running.putDown(opened); // else its read is on its way, and has to find the lease
    await navigate({ to: "/audits/$auditId", params: { auditId } });
  };
  return (
    <header className="reading-top">
      <Link to="/audits/$auditId" params={{ auditId }} onClick={(event) => void leave(event)} className="back">
        {t.worklist}
      </Link>
      {audit && <Progress done={audit.cases_done} all={audit.cases} pace={pace} />}
      <span className="quiet">{(peek?.told ?? told)?.image.file_name}</span>
      <TopLine {...session} signedOut={signedOut} changed={judging.changed} fault={state?.fault ?? null} />
      {session.beside !== null && (
        <button type="button" className="chip" onClick={() => running.tell({ type: "lookBeside" })}>
          {late.look}
        </button>
      )}
      <button type="button" className="chip" onClick={help}>
        <kbd>?</kbd> {t.keys}
      </button>
    </header>
  );
}
