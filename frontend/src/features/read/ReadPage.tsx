import { Button, Center, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { api, need, Problem, type Schemas } from "../../api/client";
import { Failed } from "../../components/States";
import { FindingChips } from "./FindingChips";
import { HelpSheet } from "./HelpSheet";
import * as outbox from "./outbox";
import { Tools } from "./Tools";
import { useEditor } from "./useEditor";
import { useKeys } from "./useKeys";
import { VerdictBar } from "./VerdictBar";

export type Verdict = Schemas["VerdictIn"]["verdict"];
export type Case = Schemas["CaseOut"];
type Saving = "none" | "saving" | "saved" | "waiting" | "sibling" | "refused";

const SAVING: Record<Saving, string> = {
  none: "",
  saving: "Saving…",
  saved: "Saved",
  waiting: "Not saved yet: the server does not answer. Kept here, sent when it is back.",
  sibling: "Kept beside: this case had gone to another reader or tab.",
  refused: "Not saved",
};

/** The reading room: one film, its findings, one hand on the keys. */
export function ReadPage() {
  const { auditId } = useParams({ from: "/audits/$auditId/read" });
  const { case: asked } = useSearch({ from: "/audits/$auditId/read" });
  const navigate = useNavigate();
  const [told, setTold] = useState<Case | null>(null);
  const [finished, setFinished] = useState(false);
  const [problem, setProblem] = useState<Error | null>(null);
  const [verdicts, setVerdicts] = useState<Record<string, Verdict>>({});
  const [saving, setSaving] = useState<Saving>("none");
  const [help, setHelp] = useState(false);
  const [past, setPast] = useState<number[]>([]);
  const started = useRef(Date.now());
  const slider = useRef<HTMLDivElement>(null);
  const { canvas, editor, state, error } = useEditor(told);
  const path = useMemo(() => ({ params: { path: { audit_id: Number(auditId) } } }), [auditId]);
  const audit = useQuery({
    queryKey: ["audit", auditId],
    queryFn: () => need(api.GET("/api/v1/audits/{audit_id}", path)),
  });

  const open = useCallback(
    async (caseId: number | null): Promise<void> => {
      try {
        const next = caseId
          ? await need(api.POST("/api/v1/cases/{case_id}/claim", { params: { path: { case_id: caseId } } }))
          : await need(api.POST("/api/v1/audits/{audit_id}/claim", path));
        setProblem(null);
        setFinished(!next);
        setTold(next ?? null);
        setVerdicts(next ? earlier(next) : {});
        started.current = Date.now();
        if (next) void navigate({ to: ".", search: { case: next.id }, replace: true });
      } catch (refusal) {
        setProblem(refusal as Error);
      }
    },
    [navigate, path],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: the address names the first case; later ones we choose
  useEffect(() => {
    void outbox.flush();
    void open(asked ?? null);
  }, []);

  useEffect(() => {
    if (problem instanceof Problem && problem.status === 401) {
      void navigate({ to: "/sign-in", search: { to: location.pathname + location.search } });
    }
  }, [problem, navigate]);

  useEffect(() => {
    if (!told) return;
    const { id, fence } = told;
    const beat = setInterval(() => {
      void need(
        api.POST("/api/v1/cases/{case_id}/renew", { params: { path: { case_id: id } }, body: { fence } }),
      ).catch(() => undefined);
      void outbox.flush().then((clean) => clean && setSaving((now) => (now === "waiting" ? "saved" : now)));
    }, 20_000);
    return () => clearInterval(beat);
  }, [told]);

  const submit = useCallback(
    async (given: Record<string, Verdict>): Promise<void> => {
      if (!told || !editor) return;
      const letter: outbox.Letter = {
        key: crypto.randomUUID(),
        caseId: told.id,
        version: told.version,
        body: {
          image_sha256: told.image.sha256,
          fence: told.fence,
          seconds: (Date.now() - started.current) / 1000,
          verdicts: collect(told, given, editor.state().edited, (bit) => editor.maskRle(bit)),
        },
      };
      outbox.put(letter);
      setSaving("saving");
      const sent = await outbox.send(letter);
      setSaving(sent.state);
      if (sent.state === "refused") {
        setProblem(sent.problem);
        return;
      }
      setPast((cases) => [...cases, told.id]);
      void audit.refetch();
      await open(null);
    },
    [told, editor, open, audit],
  );

  const judge = useCallback(
    (verdict: Verdict): void => {
      if (!told || !editor) return;
      const active = told.findings[editor.state().finding];
      if (!active) return;
      const given = { ...verdicts, [active.finding]: verdict };
      setVerdicts(given);
      const open = told.findings.findIndex((finding) => finding.drawn && !given[finding.finding]);
      if (open >= 0) editor.setFinding(open);
      else void submit(given);
    },
    [told, editor, verdicts, submit],
  );

  useKeys(editor, {
    accept: () => void submit(verdicts),
    reject: () => judge("reject"),
    cannotTell: () => judge("cannot_tell"),
    next: () => void open(null),
    previous: () => past.length > 0 && void open(past.at(-1)!),
    threshold: () => slider.current?.querySelector<HTMLElement>('[role="slider"]')?.focus(),
    help: () => setHelp((shown) => !shown),
    cancel: () => setHelp(false),
  });

  return (
    <div className="reading">
      <header className="reading-top">
        <Link to="/audits/$auditId" params={{ auditId }} style={{ color: "inherit" }}>
          ← Worklist
        </Link>
        {audit.data && (
          <>
            <progress value={audit.data.cases_done} max={audit.data.cases} aria-label="Cases read" />
            <span>
              {audit.data.cases_done} of {audit.data.cases}
            </span>
          </>
        )}
        <span style={{ color: "var(--quiet)" }}>{told?.image.file_name}</span>
        <output style={{ marginLeft: "auto", color: saving === "saved" ? "var(--accent)" : "#e8b14c" }}>
          {SAVING[saving]}
        </output>
        <button type="button" className="chip" style={{ width: "auto" }} onClick={() => setHelp(true)}>
          <kbd>?</kbd> Keys
        </button>
      </header>
      <section className="film" aria-label="Film">
        <canvas ref={canvas} tabIndex={-1} aria-label={told ? `Film ${told.image.file_name}` : "Film"} />
        {(error || problem) && (
          <Center h="100%">
            <Failed error={(error ?? problem)!} retry={() => void open(told?.id ?? null)} />
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
      <aside className="side" aria-label="Findings and tools">
        {told && editor && state && (
          <>
            <FindingChips told={told} state={state} verdicts={verdicts} editor={editor} />
            <VerdictBar
              told={told}
              state={state}
              verdicts={verdicts}
              accept={() => void submit(verdicts)}
              judge={judge}
            />
            <Tools
              told={told}
              state={state}
              editor={editor}
              slider={slider}
              focusFilm={() => canvas.current?.focus()}
            />
          </>
        )}
        {told && !editor && !error && (
          <Group>
            <Text size="sm" c="dimmed">
              Fetching the film…
            </Text>
          </Group>
        )}
      </aside>
      <HelpSheet shown={help} close={() => setHelp(false)} />
    </div>
  );
}

/** Verdicts of an earlier read of this case; a fix is found again by its mask. */
function earlier(told: Case): Record<string, Verdict> {
  const known = told.findings.filter((finding) => finding.verdict && finding.verdict !== "fix");
  return Object.fromEntries(known.map((finding) => [finding.finding, finding.verdict as Verdict]));
}

/** What goes to the server: drawn findings always, others when somebody drew on them or judged them. */
function collect(
  told: Case,
  given: Record<string, Verdict>,
  edited: boolean[],
  rle: (bit: number) => { size: number[]; counts: string },
): Schemas["VerdictIn"][] {
  return told.findings.flatMap((finding, bit) => {
    const word = given[finding.finding] ?? (edited[bit] ? "fix" : "accept");
    if (!finding.drawn && !edited[bit] && !given[finding.finding]) return [];
    const mask = word === "fix" ? { ...rle(bit) } : null;
    return [{ finding: finding.finding, verdict: word, mask, note: null }];
  });
}
