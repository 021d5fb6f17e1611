import { read as t } from "../../texts/read";

interface Props {
  done: number;
  all: number;
  pace: number | null; // median seconds a case
}

/** How far the audit is, how fast it goes, what is left: each in a place of its own width, so that nothing moves. */
export function Progress({ done, all, pace }: Props) {
  return (
    <>
      <progress value={done} max={all} aria-label={t.casesRead} />
      <span className="steady">{t.progress(done, all)}</span>
      <span className="steady quiet pace" title={t.paceWhy}>
        {pace === null ? "" : t.pace(Math.round(pace), Math.ceil((pace * (all - done)) / 60))}
      </span>
    </>
  );
}
