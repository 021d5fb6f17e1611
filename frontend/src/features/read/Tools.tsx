import { Button, SegmentedControl, SimpleGrid, Slider, Stack, Text } from "@mantine/core";
import type { RefObject } from "react";
import type { Editor } from "../../editor/editor";
import { caps } from "../../editor/keys";
import type { State, Tool } from "../../editor/state";

interface Props {
  state: State;
  editor: Editor;
  slider: RefObject<HTMLDivElement | null>;
  focusFilm: () => void;
  openStrip: () => void;
}

const TOOLS = [
  ["brush", "Brush", "brush"],
  ["eraser", "Eraser", "eraser"],
  ["smart", "Greys", "smart"],
  ["lasso", "Lasso", "lasso"],
  ["threshold", "P ≥ t", "scope"],
] as const;

const SCOPES: Record<State["scope"], string> = {
  film: "",
  lasso: " inside the lasso",
  region: " in the region",
};

function named(label: string, key: string) {
  return (
    <span className="tool">
      {label} <kbd>{key}</kbd>
    </span>
  );
}

/** Drawing tools and the probability slider. Each button carries its key. */
export function Tools({ state, editor, slider, focusFilm, openStrip }: Props) {
  const { document } = editor;
  const button = (label: string, key: string, act: () => void, disabled = false) => (
    <Button
      size="compact-xs"
      variant="default"
      justify="space-between"
      onClick={act}
      disabled={disabled}
      rightSection={<kbd>{key}</kbd>}
    >
      {label}
    </Button>
  );
  return (
    <Stack gap="sm">
      <SegmentedControl
        size="xs"
        fullWidth
        value={state.tool}
        onChange={(tool) => editor.setTool(tool as Tool)}
        data={TOOLS.map(([value, label, action]) => ({ value, label: named(label, caps(action)) }))}
      />
      <div
        ref={slider}
        onPointerDown={() => addEventListener("pointerup", focusFilm, { once: true }) /* it may end outside */}
      >
        <Text size="xs" c="dimmed">
          Mask where probability ≥ {(state.threshold / 255).toFixed(2)}
          {SCOPES[state.scope]} <kbd>{caps("threshold")}</kbd>
        </Text>
        {state.hasMaps ? (
          <Slider
            thumbLabel="Probability threshold"
            min={1}
            max={255}
            value={state.threshold}
            label={null}
            onChange={(value) => editor.slide(value)}
            onChangeEnd={() => document.commitThreshold()}
          />
        ) : (
          <Text size="xs" c="dimmed">
            No probability map has come for this film yet; draw by hand meanwhile.
          </Text>
        )}
      </div>
      <SimpleGrid cols={2} spacing={6} verticalSpacing={6}>
        {button("Undo", caps("undo"), () => document.undo(), !state.canUndo)}
        {button("Redo", "Ctrl+Y", () => document.redo(), !state.canRedo)}
        {button("Pseudo mask", caps("reset"), () => document.reset(state.finding))}
        {button("Clear", caps("clear"), () => document.clear(state.finding))}
        {button("Grow", caps("grow"), () => document.grow(state.finding, true))}
        {button("Shrink", caps("shrink"), () => document.grow(state.finding, false))}
        {button("Fill holes", caps("fill"), () => document.fillHoles(state.finding))}
        {button(state.outline ? "Filled" : "Outlined", caps("outline"), () => editor.toggleOutline())}
        {button("Invert", caps("invert"), () => editor.invert())}
        {button("Auto window", caps("autoWindow"), () => editor.autoWindow())}
        {button("Fit", caps("fit"), () => editor.fit())}
        {button("Doubt", caps("doubt"), () => editor.toggleDoubt(), !state.hasMaps)}
        {button("Take over…", caps("strip"), openStrip)}
      </SimpleGrid>
      <Text size="xs" c="dimmed">
        Area {state.areas[state.finding]} px · brush {state.radius.toFixed(0)} px <kbd>{caps("smaller")}</kbd>{" "}
        <kbd>{caps("larger")}</kbd>
        <br />
        Right-drag: window · wheel: zoom
        <br />
        Space-drag: pan
        <br />
        While held: <kbd>{caps("hide")}</kbd> no mask, <kbd>{caps("original")}</kbd> pseudo mask,{" "}
        <kbd>{caps("difference")}</kbd> difference
        <br />
        Region at the pointer: <kbd>{caps("deleteRegion")}</kbd> deletes, <kbd>{caps("keepRegion")}</kbd> keeps
        <br />
        <kbd>{caps("scope")}</kbd> outline or click: the slider acts there alone
      </Text>
    </Stack>
  );
}
