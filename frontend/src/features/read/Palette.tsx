import "./Palette.css";
import { Modal, TextInput } from "@mantine/core";
import { type KeyboardEvent, useState } from "react";
import { type Action, bindings } from "../../editor/keys";
import { read } from "../../texts/read";
import { actions } from "../../texts/reading";

const HELD = new Set<Action>(["hide", "original", "difference", "palette"]); // shown while held: no command to give

/** The commands whose name holds every word that was typed, with their keys; all of them before anything was. */
export function commands(typed: string): { action: Action; name: string; keys: string[] }[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return bindings()
    .filter(({ action }) => !HELD.has(action))
    .map(({ action, keys }) => ({ action, name: actions[action], keys }))
    .filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
}

interface Props {
  shown: boolean;
  close: () => void;
  run: (action: Action) => void;
}

/** Every command of the page by its name: type, choose with the arrows, Enter. */
export function Palette({ shown, close, run }: Props) {
  return (
    <Modal
      opened={shown}
      onClose={close}
      transitionProps={{ duration: 0 }} // what is typed at once is for it
      returnFocus={false} // the film has the keys again, or what the command gives them to
      title={actions.palette}
      closeButtonProps={{ "aria-label": read.close }}
    >
      <List close={close} run={run} />
    </Modal>
  );
}

/** Begins anew each time, as it lives in the open palette alone. */
function List({ close, run }: Omit<Props, "shown">) {
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(-1); // until something is typed Enter gives no command
  const found = commands(typed);
  const give = (action: Action | undefined): void => {
    close();
    if (action) run(action);
  };
  const press = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step)
      setChosen((at) => (at < 0 && step < 0 ? found.length - 1 : at + step + found.length) % Math.max(1, found.length));
    else if (event.key === "Enter") give(found[chosen]?.action);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <TextInput
        data-autofocus
        role="combobox"
        aria-label={actions.palette}
        aria-expanded
        aria-controls="commands"
        aria-activedescendant={found[chosen] && `command-${found[chosen].action}`}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setChosen(event.currentTarget.value.trim() ? 0 : -1);
        }}
        onKeyDown={press}
      />
      <div role="listbox" id="commands" aria-label={actions.palette} className="commands">
        {found.map(({ action, name, keys }, n) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the box's above
          <div
            key={action}
            id={`command-${action}`}
            role="option"
            tabIndex={-1}
            aria-selected={n === chosen}
            ref={n === chosen ? (row) => row?.scrollIntoView({ block: "nearest" }) : undefined}
            onClick={() => give(action)}
          >
            {name}
            <kbd>{keys[0]}</kbd>
          </div>
        ))}
      </div>
    </>
  );
}
