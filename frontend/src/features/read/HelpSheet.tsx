import { Modal, SimpleGrid } from "@mantine/core";
import { BINDINGS } from "../../editor/keys";

/** Every key, from the table that handles them. */
export function HelpSheet({ shown, close }: { shown: boolean; close: () => void }) {
  return (
    <Modal opened={shown} onClose={close} title="Keys" size="lg">
      <SimpleGrid cols={2} spacing="xs" verticalSpacing={4}>
        {BINDINGS.map((binding) => (
          <div key={binding.action} style={{ display: "flex", justifyContent: "space-between", fontSize: 13 }}>
            <span>{binding.label}</span>
            <kbd>{binding.caps}</kbd>
          </div>
        ))}
        <div style={{ display: "flex", justifyContent: "space-between", fontSize: 13 }}>
          <span>Choose a finding (Shift toggles it)</span>
          <kbd>1–8</kbd>
        </div>
      </SimpleGrid>
    </Modal>
  );
}
