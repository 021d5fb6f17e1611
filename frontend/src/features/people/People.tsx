import { Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { myAccount } from "../../api/account";
import { api, need } from "../../api/client";
import { PageHead } from "../../components/PageHead";
import { Fetched } from "../../components/States";
import { people as t } from "../../texts/people";
import { Invite } from "./Invite";
import { Person } from "./Person";
import "./people.css";

/** Who may sign in: an admin invites, gives roles, disables and enables. */
export function People() {
  const me = useQuery(myAccount);
  const everybody = useQuery({ queryKey: ["people"], queryFn: () => need(api.GET("/api/v1/accounts")) });
  return (
    <Stack>
      <PageHead title={t.title} />
      <Text size="sm" c="dimmed" maw={760}>
        {t.what}
      </Text>
      <Fetched query={everybody}>
        {(rows) => (
          <>
            <Invite />
            <section className="panel" aria-label={t.list}>
              <Title order={2} size="h4">
                {t.list}
              </Title>
              <ul className="people">
                {rows.map((row) => (
                  <Person key={row.id} person={row} you={row.id === me.data?.id} />
                ))}
              </ul>
            </section>
          </>
        )}
      </Fetched>
    </Stack>
  );
}
