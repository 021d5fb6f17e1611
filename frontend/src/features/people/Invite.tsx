import { Box, Button, Group, NativeSelect, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, need, type Schemas } from "../../api/client";
import { people as t } from "../../texts/people";
import { OneTimeLink } from "./OneTimeLink";
import { Refused } from "./Refused";
import { ROLES, roleChoices } from "./roles";

/** Name and role in, a one-time link out, shown once. */
export function Invite() {
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Schemas["InviteIn"]["role"]>(ROLES[0]);
  const invite = useMutation({
    mutationFn: (body: Schemas["InviteIn"]) => need(api.POST("/api/v1/accounts/invite", { body })),
    onSuccess: () => {
      setName("");
      return queries.invalidateQueries({ queryKey: ["people"] });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    invite.mutate({ name, role });
  };
  return (
    <section className="panel" aria-label={t.invite}>
      <Title order={2} size="h4">
        {t.invite}
      </Title>
      <form onSubmit={submit}>
        <Group gap="sm" align="end" mt="xs">
          <TextInput
            label={t.name}
            autoComplete="off"
            maxLength={64}
            withAsterisk={false}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            required
          />
          <NativeSelect
            label={t.role}
            value={role}
            onChange={(event) => setRole(event.currentTarget.value as typeof role)}
            data={roleChoices(true)}
          />
          <Button type="submit" loading={invite.isPending}>
            {t.makeLink}
          </Button>
        </Group>
      </form>
      {invite.error && (
        <Box mt="sm">
          <Refused error={invite.error} name={invite.variables.name.trim()} />
        </Box>
      )}
      {invite.data && <OneTimeLink key={invite.data.link} made={invite.data} done={invite.reset} />}
    </section>
  );
}
