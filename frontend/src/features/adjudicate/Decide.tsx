import "../../components/film.css";
import { Button, Group, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { api, need, type Schemas } from "../../api/client";
import { attended } from "../../components/attended";
import { Failed, Fetched } from "../../components/States";
import { findingName, share, verdictWord } from "../../components/words";
import type { Editor } from "../../editor/editor";
import { isEmptyRle, type Rle } from "../../editor/rle";
import { adjudicate as t } from "../../texts/app";
import { type Mode, usePanes } from "./usePanes";

type Told = Schemas["DisputeDetail"];
type Decision = { verdict: Schemas["DecisionIn"]["verdict"]; mask?: Rle };

interface Props {
  auditId: number;
  imageId: number;
  finding: string;
}

export function Decide({ auditId, imageId, finding }: Props) {
  const path = { audit_id: auditId, image_id: imageId, finding };
  const told = useQuery({
    queryKey: ["dispute", auditId, imageId, finding],
    queryFn: () => need(api.GET("/api/v1/audits/{audit_id}/disputes/{image_id}/{finding}", { params: { path } })),
  });
  return <Fetched query={told}>{(row) => <Panes told={row} path={path} />}</Fetched>;
}

type Path = { audit_id: number; image_id: number; finding: string };

/** Three panes in step: one reader, the other, and what tells them apart, which can be drawn on. */
function Panes({ told, path }: { told: Told; path: Path }) {
  const [mode, setMode] = useState<Mode>("difference");
  const { box, third, error } = usePanes(told, mode);
  const { decide, note, setNote } = useDecision(path);
  const shut = told.decided || told.yours || decide.isPending;
  const captions = [
    `${t.first} · ${verdictWord(told.verdicts[0]!)}`,
    `${t.second} · ${verdictWord(told.verdicts[1]!)}`,
    mode === "difference" ? t.difference : t.drawn,
  ];
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Text size="sm">
          {told.file_name} · {findingName(told.finding)} · Dice {share(told.dice, 2)}
        </Text>
        <SegmentedControl
          size="xs"
          value={mode}
          onChange={(value) => setMode(value as Mode)}
          disabled={shut}
          data={[
            { value: "difference", label: t.showDifference },
            { value: "draw", label: t.draw },
          ]}
        />
      </Group>
      {error && <Failed error={error} />}
      <div className="panes" ref={box}>
        {captions.map((caption, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the panes have their places
          <figure className="pane film" key={i} style={{ margin: 0 }}>
            <figcaption>{caption}</figcaption>
            <canvas aria-label={`${caption}, ${told.file_name}`} />
          </figure>
        ))}
      </div>
      {decide.error && <Failed error={decide.error} />}
      <Answers told={told} shut={shut} decide={decide.mutate} note={note} setNote={setNote}>
        <Button
          size="xs"
          disabled={shut || mode !== "draw" || !third}
          onClick={() => third && decide.mutate(drawnOn(third))}
        >
          {t.asDrawn}
        </Button>
      </Answers>
    </Stack>
  );
}

/** What is decided goes to the server with a note and the seconds that it took. */
function useDecision(path: Path) {
  const queries = useQueryClient();
  const opened = useRef(attended.now());
  const [note, setNote] = useState("");
  const decide = useMutation({
    mutationFn: ({ verdict, mask }: Decision) =>
      need(
        api.POST("/api/v1/audits/{audit_id}/disputes/{image_id}/{finding}", {
          params: { path },
          body: {
            verdict,
            note: note.trim() || null,
            mask: mask ?? null,
            seconds: Math.min(86_400, (attended.now() - opened.current) / 1000),
          },
        }),
      ),
    onSettled: () => queries.invalidateQueries(),
  });
  return { decide, note, setNote };
}

interface AnswersProps {
  told: Told;
  shut: boolean;
  decide: (decision: Decision) => void;
  note: string;
  setNote: (note: string) => void;
  children: ReactNode; // one more answer
}

/** The answers, each with its key; or who has given one. */
function Answers({ told, shut, decide, note, setNote, children }: AnswersProps) {
  const choices = [
    ["1", t.takeFirst, wordOf(told, 0)],
    ["2", t.takeSecond, wordOf(told, 1)],
    ["r", t.noLesion, { verdict: "reject" }],
    ["u", t.cannotTell, { verdict: "cannot_tell" }],
  ] satisfies [string, string, Decision][];
  useKeys((pressed) => {
    const decision = choices.find(([key]) => key === pressed)?.[2];
    if (decision && !shut) decide(decision);
  });
  if (told.decided) return <Text size="sm">{t.decidedAs(verdictWord(told.decision_verdict ?? "cannot_tell"))}</Text>;
  if (told.yours) return <Text size="sm">{t.notYou}</Text>;
  return (
    <Group gap="xs">
      <TextInput
        size="xs"
        w={320}
        maxLength={2000}
        aria-label={t.reason}
        placeholder={t.reason}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      {choices.map(([key, label, decision]) => (
        <Button
          key={key}
          size="xs"
          variant="default"
          disabled={shut}
          rightSection={<kbd>{key.toUpperCase()}</kbd>}
          onClick={() => decide(decision)}
        >
          {label}
        </Button>
      ))}
      {children}
    </Group>
  );
}

/** One of the two reads as the decision: its verdict, and its mask where it drew one. */
function wordOf(told: Told, reader: 0 | 1): Decision {
  const verdict = told.verdicts[reader]!;
  const mask = (reader === 0 ? told.first : told.second) as Rle | null;
  return verdict === "fix" && mask ? { verdict, mask } : { verdict };
}

function drawnOn(editor: Editor): Decision {
  const mask = editor.document.rle(0);
  return isEmptyRle(mask) ? { verdict: "reject" } : { verdict: "fix", mask };
}

/** 1 and 2 take a reader's mask, R says no lesion, U cannot tell: not while something is typed or chosen. */
function useKeys(send: (key: string) => void): void {
  const latest = useRef(send);
  latest.current = send;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const field = event.target instanceof HTMLElement && event.target.closest("input, select, textarea");
      if (!field && !event.ctrlKey && !event.metaKey && !event.altKey) latest.current(event.key.toLowerCase());
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}
