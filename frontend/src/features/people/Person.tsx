import { Badge, Button, Group, NativeSelect, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, need, type Schemas } from "../../api/client";
import { language } from "../../texts/language";
import { roles, states, people as t } from "../../texts/people";
import { OneTimeLink } from "./OneTimeLink";
import { Refused } from "./Refused";
import { type Role, roleChoices } from "./roles";

type Row = Schemas["PersonOut"];
const COLOURS = { active: "teal", invited: "blue", "no-way-in": "yellow", disabled: "gray" } as const;
/** What is asked about before it is done: it ends somebody's sessions. */
type Asked = Role | "disable" | null;
type Change = Role | "disable" | "enable";

/** One account: its state, and what an admin may do with it. */
export function Person({ person, you }: { person: Row; you: boolean }) {
  const { name } = person;
  const { asked, ask, close, change, invite, go } = useChanges(person);
  const error = change.error ?? invite.error;
  return (
    <li>
      <Who person={person} you={you} />
      <Acts
        person={person}
        asked={asked}
        ask={ask}
        go={go}
        link={() => {
          change.reset();
          invite.mutate();
        }}
      />
      {asked && (
        <Ask
          says={you ? t.self : asked === "disable" ? t.disableMeans(name) : t.roleMeans(name)}
          action={asked === "disable" ? t.disableOf(name) : t.giveRole(roles[asked])}
          pending={change.isPending}
          act={() => go(asked)}
          leave={close}
          focused={asked === "disable"}
        />
      )}
      {error && (
        <div className="asked">
          <Refused error={error} name={name} />
        </div>
      )}
      {invite.data && (
        <div className="asked">
          <OneTimeLink key={invite.data.link} made={invite.data} done={invite.reset} />
        </div>
      )}
    </li>
  );
}

/** What is asked about, and what is changed once it was answered. */
function useChanges({ id, name, role }: Row) {
  const queries = useQueryClient();
  const [asked, setAsked] = useState<Asked>(null);
  const opener = useRef<HTMLElement>(null);
  const path = { account_id: id };
  const ask = (what: Asked, by: HTMLElement): void => {
    opener.current = by;
    setAsked(what);
  };
  const close = (): void => {
    setAsked(null);
    opener.current?.focus(); // where the keys were before
  };
  // One's own session may have ended: what is fetched anew then asks to sign in.
  const onSettled = () => {
    if (asked) close();
    return queries.invalidateQueries();
  };
  const change = useMutation({
    onSettled,
    mutationFn: (to: Change): Promise<unknown> =>
      to === "disable" || to === "enable"
        ? need(api.POST(`/api/v1/accounts/{account_id}/${to}`, { params: { path } }))
        : need(api.PUT("/api/v1/accounts/{account_id}/role", { params: { path }, body: { role: to } })),
  });
  const invite = useMutation({
    onSettled,
    mutationFn: () => need(api.POST("/api/v1/accounts/invite", { body: { name, role } })),
  });
  const go = (to: Change): void => {
    invite.reset(); // a link that was just made ends with it
    change.mutate(to);
  };
  return { asked, ask, close, change, invite, go };
}

function Who({ person: { name, state, link_until }, you }: { person: Row; you: boolean }) {
  const shape = { dateStyle: "medium", timeStyle: "short" } as const;
  return (
    <div className="who">
      <Text fw={600} component="span">
        {name}
      </Text>{" "}
      {you && (
        <Text c="dimmed" component="span" size="sm">
          ({t.you})
        </Text>
      )}
      <Group gap={8} mt={2}>
        <Badge variant="light" color={COLOURS[state]} tt="none">
          {states[state]}
        </Badge>
        {state === "invited" && link_until && (
          <Text size="xs" c="dimmed">
            {t.linkUntil(new Date(link_until).toLocaleString(language(), shape))}
          </Text>
        )}
      </Group>
    </div>
  );
}

interface ActsProps {
  person: Row;
  asked: Asked;
  ask: (what: Asked, by: HTMLElement) => void;
  go: (to: Change) => void;
  link: () => void;
}

function Acts({ person: { name, role, state }, asked, ask, go, link }: ActsProps) {
  return (
    <Group gap="xs">
      <NativeSelect
        size="xs"
        aria-label={t.roleOf(name)}
        value={asked && asked !== "disable" ? asked : role}
        onChange={(event) => {
          const wanted = event.currentTarget.value as Role;
          ask(wanted === role ? null : wanted, event.currentTarget);
        }}
        data={roleChoices(false)}
      />
      {state !== "disabled" && (
        <Button size="xs" variant="default" aria-label={t.newLinkFor(name)} onClick={link}>
          {t.newLink}
        </Button>
      )}
      <Button
        size="xs"
        variant="default"
        aria-label={state === "disabled" ? t.enableOf(name) : t.disableOf(name)}
        onClick={(event) => (state === "disabled" ? go("enable") : ask("disable", event.currentTarget))}
      >
        {state === "disabled" ? t.enable : t.disable}
      </Button>
    </Group>
  );
}

interface AskProps {
  says: string;
  action: string;
  pending: boolean;
  act: () => void;
  leave: () => void;
  focused: boolean; // a select keeps the keys: more than one arrow may be meant
}

/** What a change means, said before it is made. */
function Ask({ says, action, pending, act, leave, focused }: AskProps) {
  const told = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (focused) told.current?.focus();
  }, [focused]);
  return (
    <Stack gap="xs" className="asked" role="group" aria-label={action}>
      <Text size="sm" ref={told} tabIndex={-1} role="status">
        {says}
      </Text>
      <Group gap="xs">
        <Button size="xs" color="red" loading={pending} onClick={act}>
          {action}
        </Button>
        <Button size="xs" variant="default" onClick={leave}>
          {t.leave}
        </Button>
      </Group>
    </Stack>
  );
}
