import { Button, Center, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type MouseEvent, useCallback, useEffect, useRef, useState } from "react";
import { api, need } from "../../api/client";
import { Failed } from "../../components/States";
import { FindingChips } from "./FindingChips";
import { HelpSheet } from "./HelpSheet";
import { RemarkLine } from "./RemarkLine";
import { type Offer, offers, Strip } from "./Strip";
import { Tools } from "./Tools";
import { type Saving, useCase, type Verdict } from "./useCase";
import { useEditor } from "./useEditor";
import { useKeys } from "./useKeys";
import { VerdictBar } from "./VerdictBar";
import {
  collect,
  earlier,
  earlierRemarks,
  isChanged,
  isRead,
  type Remark,
  type Remarks,
  type Said,
  standing,
  type Verdicts,
} from "./verdicts";

const SAVING: Record<Saving, string> = {
  none: "",
  saving: "Saving…",
  saved: "Saved",
  waiting: "Kept here: the server does not answer. Sent when it does.",
  sibling: "Kept beside: that film had gone elsewhere.",
  elsewhere: "Open elsewhere too: what you save here is kept beside.",
  refused: "Not saved",
};
const UNSAVED = "Unsaved changes: A saves them, Ctrl+Z takes them back.";

/** The reading room: one film, its findings, one hand on the keys. */
export function ReadPage() {
  const { auditId } = useParams({ from: "/audits/$auditId/read" });
  const { case: asked } = useSearch({ from: "/audits/$auditId/read" });
  const navigate = useNavigate();
  const [said, setSaid] = useState<Said>({});
  const [help, setHelp] = useState(false);
  const [remarks, setRemarks] = useState<Remarks>({});
  const [strip, setStrip] = useState(false);
  const note = useRef<HTMLInputElement>(null);
  const [held, setHeld] = useState(false);
  const slider = useRef<HTMLDivElement>(null);
  const { told, finished, problem, saving, open, submit, release, retry } = useCase(Number(auditId), asked ?? null);
  const { canvas, editor, state, error } = useEditor(told);
  const path = { params: { path: { audit_id: Number(auditId) } } };
  const audit = useQuery({
    queryKey: ["audit", auditId],
    queryFn: () => need(api.GET("/api/v1/audits/{audit_id}", path)),
  });
  const cases = useQuery({
    queryKey: ["cases", auditId],
    queryFn: () => need(api.GET("/api/v1/audits/{audit_id}/cases", path)),
  });
  const verdicts = told && state ? standing(told, said, state.revisions) : {};
  const changed = Boolean(told && state && (state.canUndo || isChanged(told, verdicts, remarks)));
  const focusFilm = (): void => canvas.current?.focus({ preventScroll: true });

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new case, nothing else, begins anew
  useEffect(() => {
    setSaid(told ? earlier(told) : {});
    setRemarks(told ? earlierRemarks(told) : {});
    setStrip(false);
    setHeld(false);
    void audit.refetch();
  }, [told, finished]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the warning has been read once something is done about it
  useEffect(() => setHeld(false), [changed, said, state?.revisions.join()]);

  useEffect(() => {
    if (!changed) return;
    const ask = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [changed]);

  const save = useCallback(
    (given: Verdicts): void => {
      if (!told || !editor) return;
      void submit(collect(told, given, remarks, { document: editor.document, state: editor.state() }));
    },
    [told, editor, submit, remarks],
  );

  /** Say of the chosen finding; the same word again takes it back. */
  const judge = (verdict: Verdict): void => {
    const bit = editor?.state().finding ?? 0;
    const finding = told?.findings[bit]?.finding;
    if (!editor || !told || !finding) return;
    const { [finding]: before, ...others } = verdicts;
    if (before === verdict) {
      setSaid(({ [finding]: _, ...rest }) => rest);
      return;
    }
    setSaid({ ...said, [finding]: { verdict, revision: editor.state().revisions[bit]! } });
    const given = { ...others, [finding]: verdict };
    const left = told.findings.findIndex((other) => other.drawn && !given[other.finding]);
    if (left >= 0) editor.setFinding(left);
    else save(given);
  };

  const active = state && told?.findings[state.finding]?.finding;
  const remark = (active && remarks[active]) || { note: "", flagged: false };
  const remarkable = Boolean(told && state && isRead(told, state, verdicts, state.finding));
  const setRemark = (next: Remark): void => {
    if (active && remarkable) setRemarks((all) => ({ ...all, [active]: next }));
  };

  /** Take another's mask over; the strip has done its work. */
  const take = ({ mask, source }: Offer): void => {
    if (!editor || !mask) return;
    if (source === "pseudo") editor.document.reset(editor.state().finding);
    else editor.document.adopt(editor.state().finding, mask, source);
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

  /** Along the worklist, past films that others hold; never over unsaved strokes. */
  const go = async (step: 1 | -1): Promise<void> => {
    if (!told || changed) return setHeld(changed);
    await release();
    const rows = (await cases.refetch()).data ?? [];
    const along = step === 1 ? rows : [...rows].reverse();
    const to = along.find((row) => !row.leased && (row.position - told.position) * step > 0);
    await open(to?.id ?? told.id);
  };

  const leave = async (event: MouseEvent): Promise<void> => {
    event.preventDefault();
    if (changed) return setHeld(true);
    await release();
    await navigate({ to: "/audits/$auditId", params: { auditId } });
  };

  const page = {
    accept: () => save(verdicts),
    reject: () => judge("reject"),
    cannotTell: () => judge("cannot_tell"),
    next: () => void go(1),
    previous: () => void go(-1),
    nextFinding: () => visit(1),
    previousFinding: () => visit(-1),
    threshold: () => slider.current?.querySelector<HTMLElement>('[role="slider"]')?.focus(),
    strip: () => setStrip((shown) => !shown),
    flag: () => setRemark({ ...remark, flagged: !remark.flagged }),
    note: () => note.current?.focus(),
    help: () => setHelp((shown) => !shown),
    cancel: () => {
      setHelp(false);
      setStrip(false);
    },
  };
  useKeys(editor, help, page, takeDigit);

  return (
    <div className="reading">
      <header className="reading-top">
        <Link to="/audits/$auditId" params={{ auditId }} onClick={(event) => void leave(event)} className="back">
          ← Worklist
        </Link>
        {audit.data && (
          <>
            <progress value={audit.data.cases_done} max={audit.data.cases} aria-label="Cases read" />
            <span>
              {audit.data.cases_done} of {audit.data.cases} read
            </span>
          </>
        )}
        <span className="quiet">{told?.image.file_name}</span>
        <Told saving={saving} changed={changed} held={held} />
        <button type="button" className="chip" style={{ width: "auto" }} onClick={() => setHelp(true)}>
          <kbd>?</kbd> Keys
        </button>
      </header>
      <section className="film" aria-label="Film">
        <canvas ref={canvas} tabIndex={-1} aria-label={told ? `Film ${told.image.file_name}` : "Film"} hidden={!told} />
        {strip && told && editor && state && <Strip told={told} editor={editor} finding={state.finding} take={take} />}
        {(error || problem) && (
          <Center h="100%" pos="relative">
            <Failed error={(error ?? problem)!} retry={() => void retry()} />
          </Center>
        )}
        {!error && !problem && !finished && !editor && (
          <Center h="100%" role="status" className="quiet">
            {told ? "Fetching the film…" : "Opening the case…"}
          </Center>
        )}
        {finished && !problem && (
          <Center h="100%">
            <Stack align="center">
              <Text fw={600}>Every case of this audit is read.</Text>
              <Button component={Link} to={`/audits/${auditId}`} variant="default">
                Back to the worklist
              </Button>
            </Stack>
          </Center>
        )}
      </section>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: after a click, not after a key, the film has the keys again */}
      <aside className="side" aria-label="Findings and tools" onClick={(event) => event.detail > 0 && focusFilm()}>
        {told && editor && state && (
          <>
            <FindingChips told={told} state={state} verdicts={verdicts} editor={editor} />
            <VerdictBar told={told} state={state} verdicts={verdicts} accept={() => save(verdicts)} judge={judge} />
            {active && remarkable && (
              <RemarkLine finding={active} remark={remark} change={setRemark} input={note} focusFilm={focusFilm} />
            )}
            <Tools
              told={told}
              state={state}
              editor={editor}
              slider={slider}
              focusFilm={focusFilm}
              openStrip={page.strip}
            />
          </>
        )}
      </aside>
      <HelpSheet shown={help} close={() => setHelp(false)} />
    </div>
  );
}

/** The one line that says where the work is; "Saved" never stands over strokes that are not. */
function Told({ saving, changed, held }: { saving: Saving; changed: boolean; held: boolean }) {
  const quiet = changed && (saving === "saved" || saving === "none");
  const word = quiet ? (held ? UNSAVED : "Not saved yet") : SAVING[saving];
  const color = quiet && !held ? "var(--quiet)" : saving === "saved" ? "var(--accent)" : "#e8b14c";
  return (
    <output className="told" style={{ color }} title={word}>
      {word}
    </output>
  );
}
