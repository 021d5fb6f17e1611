import { Button, Group, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, need, type Schemas } from "../../api/client";
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

/** Three panes in step: one reader, the other, and what tells them apart, which can be drawn on. */
function Panes({ told, path }: { told: Told; path: { audit_id: number; image_id: number; finding: string } }) {
  const queries = useQueryClient();
  const opened = useRef(performance.now());
  const [mode, setMode] = useState<Mode>("difference");
  const [note, setNote] = useState("");
  const { box, third, error } = usePanes(told, mode);
  const decide = useMutation({
    mutationFn: ({ verdict, mask }: Decision) =>
      need(
        api.POST("/api/v1/audits/{audit_id}/disputes/{image_id}/{finding}", {
          params: { path },
          body: {
            verdict,
            note: note.trim() || null,
            mask: mask ?? null,
            seconds: Math.min(86_400, (performance.now() - opened.current) / 1000),
          },
        }),
      ),
    onSettled: () => queries.invalidateQueries(),
  });
  const shut = told.decided || told.yours || decide.isPending;
  const take = (reader: 0 | 1) => decide.mutate(wordOf(told, reader));
  const send = (key: string) => {
    if (shut) return;
    if (key === "1") take(0);
    else if (key === "2") take(1);
    else if (key === "r") decide.mutate({ verdict: "reject" });
    else if (key === "u") decide.mutate({ verdict: "cannot_tell" });
  };
  useKeys(send);
  const choices = [
    ["1", t.takeFirst],
    ["2", t.takeSecond],
    ["r", t.noLesion],
    ["u", t.cannotTell],
  ] as const;
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
      {told.decided ? (
        <Text size="sm">{t.decidedAs(verdictWord(told.decision_verdict ?? "cannot_tell"))}</Text>
      ) : told.yours ? (
        <Text size="sm">{t.notYou}</Text>
      ) : (
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
          {choices.map(([key, label]) => (
            <Button
              key={key}
              size="xs"
              variant="default"
              disabled={shut}
              rightSection={<kbd>{key.toUpperCase()}</kbd>}
              onClick={() => send(key)}
            >
              {label}
            </Button>
          ))}
          <Button
            size="xs"
            disabled={shut || mode !== "draw" || !third}
            onClick={() => third && decide.mutate(drawnOn(third))}
          >
            {t.asDrawn}
          </Button>
        </Group>
      )}
    </Stack>
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
