import { Modal } from "@mantine/core";
import { BINDINGS } from "../../editor/keys";

// Digits, wheel and drags are no letters of the table; the editor listens to them itself.
const ALONGSIDE = [
  ["Choose a finding", "1–8"],
  ["Show or hide a finding", "Shift+1–8"],
  ["Erase with the brush, and the reverse", "Shift+drag"],
  ["Brush size", "Alt+wheel"],
  ["Zoom", "wheel"],
  ["Pan", "Space+drag"],
  ["Window and level", "right-drag"],
] as const;

/** Every key, from the table that handles them. */
export function HelpSheet({ shown, close }: { shown: boolean; close: () => void }) {
  return (
    <Modal opened={shown} onClose={close} title="Keys" size="lg" closeButtonProps={{ "aria-label": "Close" }}>
      <div className="keys">
        {BINDINGS.map((binding) => (
          <div key={binding.action}>
            <span>{binding.label}</span>
            <span>
              <kbd>{binding.caps}</kbd> {binding.also && <kbd>{binding.also}</kbd>}
            </span>
          </div>
        ))}
        {ALONGSIDE.map(([label, caps]) => (
          <div key={label}>
            <span>{label}</span>
            <kbd>{caps}</kbd>
          </div>
        ))}
      </div>
    </Modal>
  );
}
