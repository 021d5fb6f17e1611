import { Button, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { api, need } from "../../api/client";
import { PageHead } from "../../components/PageHead";
import { Fetched } from "../../components/States";
import { trail as t } from "../../texts/trail";
import { Entries } from "./Entries";
import type { TrailSearch } from "./search";
import { Verified } from "./Verified";
import "./trail.css";

/** Who did what when, newest first, and whether all of it still is what was written. */
export function Trail() {
  const search = useSearch({ from: "/shell/trail" });
  const page = useQuery({
    queryKey: ["trail", search],
    queryFn: () =>
      need(
        api.GET("/api/v1/trail", {
          params: { query: { subject: search.subject, account_id: search.by, after: search.after } },
        }),
      ),
  });
  return (
    <Stack>
      <PageHead title={t.title} />
      <Text size="sm" c="dimmed" maw={760}>
        {t.what}
      </Text>
      <Verified />
      <Filter key={`${search.subject} ${search.by}`} search={search} />
      <Fetched query={page}>{(found) => <Entries page={found} search={search} />}</Fetched>
    </Stack>
  );
}

/** Which lines: about one subject, by one person. */
function Filter({ search }: { search: TrailSearch }) {
  const navigate = useNavigate();
  const everybody = useQuery({ queryKey: ["people"], queryFn: () => need(api.GET("/api/v1/accounts")) });
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const [subject, by] = [String(given.get("subject")).trim(), Number(given.get("by"))];
    void navigate({ to: "/trail", search: { subject: subject || undefined, by: by || undefined } });
  };
  return (
    <form onSubmit={submit}>
      <Group gap="sm" align="end">
        <TextInput
          size="xs"
          name="subject"
          label={t.subject}
          description={
            <>
              {t.subjectHint} <code>case 12</code>
            </>
          }
          maxLength={200}
          defaultValue={search.subject}
        />
        <NativeSelect
          key={everybody.data?.length}
          size="xs"
          maw={240}
          name="by"
          label={t.person}
          defaultValue={search.by}
          data={[
            { value: "", label: t.everybody },
            ...(everybody.data ?? []).map(({ id, name }) => ({ value: String(id), label: name })),
          ]}
        />
        <Button size="xs" variant="default" type="submit">
          {t.show}
        </Button>
      </Group>
    </form>
  );
}
