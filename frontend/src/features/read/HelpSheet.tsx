import "./HelpSheet.css";
import { Button, Group, Modal, Text } from "@mantine/core";
import { Fragment, type KeyboardEvent, type ReactNode, useState } from "react";
import { type Action, bindings, chordOf, rebind, resetKeys } from "../../editor/keys";
import { read } from "../../texts/read";
import { actions, reading, sheet as t } from "../../texts/reading";

// Digits, wheel and drags are no letters of the table; the editor listens to them itself.
function alongside(): [string, string][] {
  return [
    [t.choose, "1–8"],
    [t.toggle, "Shift+1–8"],
    [t.opposite, t.drag],
    [t.size, t.altWheel],
    [t.zoom, t.wheel],
    [t.pan, t.spaceDrag],
    [t.window, t.rightDrag],
    [t.fingers, t.twoFingers],
  ];
}

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
      title={reading.keys}
      size="xl"
      closeOnEscape={!asking}
      closeButtonProps={{ "aria-label": read.close }}
    >
      <div className="keys">
        {bindings().map(({ action, keys }) => (
          <div key={action}>
            <span>{actions[action]}</span>
            <button
              type="button"
              className="key"
              aria-label={asking === action ? t.asking(actions[action]) : t.change(actions[action], keys.join(t.or))}
              onClick={() => setAsking(action)}
              onKeyDownCapture={asking === action ? take : undefined}
              onBlur={() => setAsking(null)}
            >
              {asking === action ? <kbd>{t.press}</kbd> : keys.map(capped)}
            </button>
          </div>
        ))}
        {alongside().map(([label, keys]) => (
          <div key={label}>
            <span>{label}</span>
            <kbd>{keys}</kbd>
          </div>
        ))}
      </div>
      <Group justify="space-between" mt="md">
        <Text size="xs" c="dimmed">
          {t.how}
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
          {t.reset}
        </Button>
      </Group>
    </Modal>
  );
}

/** A key's cap, after the first with the word between: what is seen is what is read aloud. */
function capped(key: string, index: number): ReactNode {
  return (
    <Fragment key={key}>
      {index > 0 && t.or}
      <kbd>{key}</kbd>
    </Fragment>
  );
}
