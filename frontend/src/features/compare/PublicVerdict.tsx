import { Button, Group, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, need, type Schemas } from "../../api/client";
import { Failed } from "../../components/States";
import { compare as t } from "../../texts/compare";
import { language } from "../../texts/language";
import type { Told } from "./layers";

/** The reader's word on the public label, and all that was said of it before. */
export function PublicVerdict({ told }: { told: Told }) {
  const queries = useQueryClient();
  const [note, setNote] = useState("");
  const said = told.public_label_reads;
  const wrong = said.find((one) => !one.older)?.verdict === "wrong";
  const say = useMutation({
    mutationFn: (verdict: "wrong" | "withdrawn") =>
      need(
        api.POST("/api/v1/pseudo-labels/{label_id}/public-label-reads", {
          params: { path: { label_id: told.label.id } },
          body: { verdict, note: note || null, shown: told.shown },
        }),
      ),
    onSuccess: () => setNote(""),
    // A refusal says that somebody else, or an import, was faster: what stands now is fetched too.
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["comparison", told.label.id] });
      void queries.invalidateQueries({ queryKey: ["pairs"] });
    },
  });
  return (
    <div>
      <Group gap="xs">
        <TextInput
          size="xs"
          w={260}
          maxLength={2000}
          aria-label={t.note}
          placeholder={t.note}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <Button
          size="xs"
          variant="default"
          loading={say.isPending}
          onClick={() => say.mutate(wrong ? "withdrawn" : "wrong")}
        >
          {wrong ? t.withdraw : t.wrong}
        </Button>
        <Text size="xs" c="dimmed">
          {said.length ? said.slice(0, 3).map(spoken).join(" · ") : t.trainsNothing}
        </Text>
      </Group>
      {say.error && <Failed error={say.error} />}
    </div>
  );
}

function spoken({ verdict, reader, created_at, note, older }: Schemas["PublicLabelReadOut"]): string {
  const when = new Date(created_at).toLocaleDateString(language(), { dateStyle: "medium" });
  const word = verdict === "wrong" ? t.said(reader, when) : t.withdrawn(reader, when);
  const words = older ? `${word} (${t.ofOlder})` : word;
  return note ? `${words}: ${note}` : words;
}
