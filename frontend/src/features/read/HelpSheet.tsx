import { Button, Group, Modal, Text } from "@mantine/core";
import { Fragment, type KeyboardEvent, type ReactNode, useState } from "react";
import { type Action, bindings, chordOf, rebind, resetKeys } from "../../editor/keys";

// Digits, wheel and drags are no letters of the table; the editor listens to them itself.
const ALONGSIDE = [
  ["Choose a finding", "1–8"],
  ["Show or hide a finding", "Shift+1–8"],
  ["Erase with the brush, and the reverse", "Shift+drag"],
  ["Brush size, each finding its own", "Alt+wheel"],
  ["Zoom", "wheel"],
  ["Pan", "Space+drag"],
  ["Window and level", "right-drag"],
] as const;

/** Every key, from the table that handles them. A press on one asks for another in its place. */
export function HelpSheet({ shown, close }: { shown: boolean; close: () => void }) {
  const [asking, setAsking] = useState<Action | null>(null);
  const take = (event: KeyboardEvent): void => {
    const chord = chordOf(event.nativeEvent);
    if (!asking || !chord) return;
    event.preventDefault();
    event.stopPropagation();
    if (chord !== "Esc") rebind(asking, chord);
    setAsking(null);
  };
  return (
    <Modal
      opened={shown}
      onClose={close}
      title="Keys"
      size="xl"
      closeOnEscape={!asking}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <div className="keys">
        {bindings().map(({ action, label, keys }) => (
          <div key={action}>
            <span>{label}</span>
            <button
              type="button"
              className="key"
              aria-label={
                asking === action ? `${label}: press a key` : `${label}: ${keys.join(" or ")}. Change the key`
              }
              onClick={() => setAsking(action)}
              onKeyDownCapture={asking === action ? take : undefined}
              onBlur={() => setAsking(null)}
            >
              {asking === action ? <kbd>press a key</kbd> : keys.map(capped)}
            </button>
          </div>
        ))}
        {ALONGSIDE.map(([label, keys]) => (
          <div key={label}>
            <span>{label}</span>
            <kbd>{keys}</kbd>
          </div>
        ))}
      </div>
      <Group justify="space-between" mt="md">
        <Text size="xs" c="dimmed">
          Press on a key to choose another; this browser keeps it. Two actions swap theirs.
        </Text>
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => {
            resetKeys();
            setAsking(null);
            close();
          }}
        >
          Keys as they came
        </Button>
      </Group>
    </Modal>
  );
}

/** A key's cap, after the first with the word between: what is seen is what is read aloud. */
function capped(key: string, index: number): ReactNode {
  return (
    <Fragment key={key}>
      {index > 0 && " or "}
      <kbd>{key}</kbd>
    </Fragment>
  );
}
