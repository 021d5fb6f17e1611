import { Center } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type MouseEvent, useEffect, useRef, useState } from "react";
import { api, need, Problem } from "../../api/client";
import { Failed } from "../../components/States";
import { reading as t } from "../../texts/reading";
import { siblings as late } from "../../texts/siblings";
import { Finished } from "./Finished";
import { HelpSheet } from "./HelpSheet";
import { Palette } from "./Palette";
import { Progress } from "./Progress";
import { Refused } from "./Refused";
import { RemarkLine } from "./RemarkLine";
import { type Shown, Side } from "./Side";
import { SignInAgain } from "./SignInAgain";
import { type Offer, offers, Strip } from "./Strip";
import type { Peek } from "./session/ahead";
import { listDrafts } from "./session/drafts";
import type { Verdicts } from "./session/types";
import { collect, earlier, standing } from "./session/verdicts";
import { TopLine } from "./TopLine";
import { useCase } from "./useCase";
import { useDraft } from "./useDraft";
import { useEditor } from "./useEditor";
import { useJudging } from "./useJudging";
import { type PageActions, perform, useKeys } from "./useKeys";
import { useLooking } from "./useLooking";
import { useNext, usePeek } from "./useNext";

/** The reading room: one film, its findings, one hand on the keys. */
export function ReadPage() {
  const { auditId } = useParams({ from: "/audits/$auditId/read" });
  const { case: asked } = useSearch({ from: "/audits/$auditId/read" });
  const navigate = useNavigate();
  const [help, setHelp] = useState(false);
  const [palette, setPalette] = useState(false);
  const [strip, setStrip] = useState(false);
  const [left, setLeft] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);
  const note = useRef<HTMLInputElement>(null);
  const slider = useRef<HTMLDivElement>(null);
  const reading = useCase(Number(auditId), asked ?? null);
  const { opened, finished, problem, noteSignOut } = reading;
  const told = opened?.told ?? null;
  const { peek, peekUntil } = usePeek(opened);
  const { film, focusFilm, screen, editor, state, error } = useEditor(opened, attempt, peek);
  const judging = useJudging(opened, editor, state, reading.locked);
  const { verdicts, remarks, changed, active, remark, remarkable, setRemark } = judging;
  const looking = useLooking({ opened, editor, state, verdicts, peek, locked: reading.locked });
  const draft = useDraft({ opened, editor, state, verdicts, remarks, changed, seconds: reading.seconds });
  const path = { params: { path: { audit_id: Number(auditId) } } };
  const audit = useQuery({
    queryKey: ["audit", auditId],
    queryFn: () => need(api.GET("/api/v1/audits/{audit_id}", path)),
    enabled: false, // the film comes first
  });
  const cases = useQuery({
    queryKey: ["cases", auditId],
    queryFn: () => need(api.GET("/api/v1/audits/{audit_id}/cases", path)),
    enabled: false, // asked for by whoever goes along the worklist
  });
  const whole = Boolean(state && (state.hasMaps || told?.blind));
  const noFilm = error instanceof Problem && error.status === 401;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new case, nothing else, begins anew
  useEffect(() => {
    setStrip(false);
  }, [opened]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: once a case, and once all are read
  useEffect(() => {
    if (whole || finished) void audit.refetch();
  }, [opened, whole, finished]);

  useEffect(() => {
    if (noFilm) noteSignOut();
  }, [noFilm, noteSignOut]);

  useEffect(() => {
    if (changed) setLeft(null);
  }, [changed]);

  const rejected = told?.findings.reduce(
    (bits, { finding }, i) => bits | (verdicts[finding] === "reject" ? 1 << i : 0),
    0,
  );
  useEffect(() => editor?.ghost(rejected ?? 0), [editor, rejected]);

  useNext(opened, whole, screen);

  const save = (given: Verdicts): void => {
    if (!told || !editor) return;
    const read = collect(told, given, remarks, { document: editor.document, state: editor.state() });
    setLeft(null);
    const gone = reading.submit(read, draft.write(given));
    if (gone) peekUntil(gone);
  };

  /** Save the film; with findings that nobody has looked at, accept this one and go to the next of them. */
  const accept = (): void => looking.accept(() => save(verdicts), judging.acceptOne);

  /** Take another's mask over; the strip has done its work. */
  const take = ({ mask, source, teacher }: Offer): void => {
    if (!editor || !mask) return;
    if (source === "pseudo") editor.document.reset(editor.state().finding);
    else editor.document.adopt(editor.state().finding, mask, source, teacher);
    setStrip(false);
  };
  const takeDigit = (n: number): boolean => {
    const offer = strip && told && editor ? offers(told, editor.state().finding)[n] : undefined;
    if (offer) take(offer);
    return strip;
  };

  /** Along the findings that are to be read, each in full view. */
  const visit = (step: 1 | -1): void => {
    if (!told || !editor) return;
    const drawn = told.findings.flatMap((finding, bit) => (finding.drawn ? [bit] : []));
    const now = drawn.indexOf(editor.state().finding);
    const to = drawn.at(now < 0 ? 0 : (now + step) % drawn.length);
    if (to !== undefined) editor.visit(to);
  };

  /** Leave the film: handed back where nothing was done on it, else kept here as it is, and still ours for a while. */
  const putDown = async (): Promise<void> => {
    if (peek) return; // its read is on its way, and has to find the lease
    if (changed) await draft.write();
    else await reading.release();
  };

  /** Along the worklist, past films that others hold; films with work of ours on them are not others'. */
  const walk = async (step: 1 | -1): Promise<void> => {
    if (!told) return;
    await putDown();
    const rows = (await cases.refetch()).data ?? [];
    const ours = new Set((await listDrafts(opened!.reader)).map(({ caseId }) => caseId));
    const along = step === 1 ? rows : [...rows].reverse();
    const to = along.find((row) => (!row.leased || ours.has(row.id)) && (row.position - told.position) * step > 0);
    setLeft(changed && to ? told.image.file_name : null);
    await reading.open(to?.id ?? told.id);
  };

  const go = (step: 1 | -1): void => void reading.alone(() => walk(step));

  /** The film whose read was kept beside: there both can be seen. */
  const lookBeside = async (): Promise<void> => {
    await reading.alone(async () => {
      await putDown();
      await reading.open(reading.beside!);
    });
  };

  const leave = async (event: MouseEvent): Promise<void> => {
    event.preventDefault();
    await putDown();
    await navigate({ to: "/audits/$auditId", params: { auditId } });
  };

  const signedIn = async (): Promise<void> => {
    await reading.signedIn();
    if (error) setAttempt((n) => n + 1);
  };

  const page = {
    accept,
    reject: () => judging.judge("reject"),
    cannotTell: () => judging.judge("cannot_tell"),
    next: () => go(1),
    previous: () => go(-1),
    nextFinding: () => visit(1),
    previousFinding: () => visit(-1),
    threshold: () => slider.current?.querySelector<HTMLElement>('[role="slider"]')?.focus(),
    strip: () => setStrip((shown) => !shown),
    flag: () => setRemark({ ...remark, flagged: !remark.flagged }),
    note: () => note.current?.focus(),
    palette: () => setPalette(true),
    help: () => setHelp((shown) => !shown),
    cancel: () => {
      setHelp(false);
      setStrip(false);
    },
  } satisfies PageActions;
  const shown = peek ? looked(peek) : told && editor && state && { told, editor, state, verdicts };
  useKeys(peek ? null : editor, help || palette, peek ? {} : page, takeDigit);

  return (
    <div className="reading">
      <header className="reading-top">
        <Link to="/audits/$auditId" params={{ auditId }} onClick={(event) => void leave(event)} className="back">
          {t.worklist}
        </Link>
        {audit.data && <Progress done={audit.data.cases_done} all={audit.data.cases} pace={reading.pace} />}
        <span className="quiet">{(peek?.told ?? told)?.image.file_name}</span>
        <TopLine {...reading} changed={changed} keeping={draft.keeping} left={left} fault={state?.fault ?? null} />
        {reading.beside !== null && (
          <button type="button" className="chip" onClick={() => void lookBeside()}>
            {late.look}
          </button>
        )}
        <button type="button" className="chip" onClick={() => setHelp(true)}>
          <kbd>?</kbd> {t.keys}
        </button>
      </header>
      <section ref={film} className="film" aria-label={t.film}>
        {strip && !peek && told && editor && state && (
          <Strip told={told} editor={editor} finding={state.finding} take={take} />
        )}
        {reading.signedOut && <SignInAgain signedIn={signedIn} />}
        {reading.refusal && <Refused problem={reading.refusal} close={reading.dismiss} />}
        {((error && !noFilm) || problem) && (
          <Center h="100%" pos="relative">
            <Failed error={(problem ?? error)!} retry={() => void reading.retry()} />
          </Center>
        )}
        {!error && !problem && !finished && !editor && !reading.signedOut && (
          <Center h="100%" role="status" className="quiet">
            {told ? t.fetching : t.opening}
          </Center>
        )}
        {finished && !problem && <Finished auditId={auditId} closed={audit.data?.closed} />}
      </section>
      <Side
        shown={shown}
        held={!peek}
        ready={looking.ready}
        left={looking.left}
        accept={accept}
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
      <HelpSheet shown={help} close={() => setHelp(false)} />
      <Palette
        shown={palette}
        close={() => {
          setPalette(false);
          focusFilm();
        }}
        run={(action) => perform(action, editor, page)}
      />
    </div>
  );
}

/** A case as it is before anybody holds it. */
function looked({ told, editor, state }: Peek): Shown {
  return { told, editor, state, verdicts: standing(told, earlier(told), state.revisions) };
}
