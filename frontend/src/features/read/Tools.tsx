import { Button, Group, SegmentedControl, Slider, Stack, Text } from "@mantine/core";
import { type RefObject, useEffect, useState } from "react";
import type { Editor } from "../../editor/editor";
import { caps } from "../../editor/keys";
import type { State, Tool } from "../../editor/state";
import type { Case } from "./ReadPage";

interface Props {
  told: Case;
  state: State;
  editor: Editor;
  slider: RefObject<HTMLDivElement | null>;
  focusFilm: () => void;
}

/** Drawing tools and the probability slider. Each button carries its key. */
export function Tools({ told, state, editor, slider, focusFilm }: Props) {
  const { document } = editor;
  const start = Math.round(told.tau_mask * 255);
  const [threshold, setThreshold] = useState(start);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another finding has its own mask: the slider starts anew
  useEffect(() => setThreshold(start), [start, state.finding]);
  const publicMask = told.findings[state.finding]?.public;
  const button = (label: string, key: string, act: () => void, disabled = false) => (
    <Button size="compact-xs" variant="default" onClick={act} disabled={disabled} rightSection={<kbd>{key}</kbd>}>
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
        data={[
          { value: "brush", label: `Brush ${caps("brush")}` },
          { value: "eraser", label: `Eraser ${caps("eraser")}` },
          { value: "lasso", label: `Lasso ${caps("lasso")}` },
        ]}
      />
      <div ref={slider} onPointerUp={focusFilm}>
        <Text size="xs" c="dimmed">
          Probability from {(threshold / 255).toFixed(2)} <kbd>{caps("threshold")}</kbd>
        </Text>
        {state.hasMaps ? (
          <Slider
            aria-label="Probability threshold"
            min={1}
            max={255}
            value={threshold}
            label={null}
            onChange={(value) => {
              setThreshold(value);
              document.previewThreshold(state.finding, value);
            }}
            onChangeEnd={() => document.commitThreshold()}
          />
        ) : (
          <Text size="xs" c="dimmed">
            No probability map has come for this film yet; draw by hand meanwhile.
          </Text>
        )}
      </div>
      <Group gap={6}>
        {button("Undo", "Ctrl+Z", () => document.undo(), !state.canUndo)}
        {button("Redo", "Ctrl+Y", () => document.redo(), !state.canRedo)}
        {button("Pseudo mask", caps("reset"), () => document.reset(state.finding))}
        {button("Clear", caps("clear"), () => document.clear(state.finding))}
        {button("Fill holes", caps("fill"), () => document.fillHoles(state.finding))}
        {button("Grow", caps("grow"), () => document.grow(state.finding, true))}
        {button("Shrink", caps("shrink"), () => document.grow(state.finding, false))}
        {publicMask && (
          <Button size="compact-xs" variant="default" onClick={() => document.adopt(state.finding, publicMask)}>
            Adopt public label
          </Button>
        )}
      </Group>
      <Group gap={6}>
        {button(state.outline ? "Fill" : "Outline", caps("outline"), () => editor.toggleOutline())}
        {button("Invert", caps("invert"), () => editor.invert())}
        {button("Auto window", caps("autoWindow"), () => editor.autoWindow())}
        {button("Fit", caps("fit"), () => editor.fit())}
      </Group>
      <Text size="xs" c="dimmed">
        {state.areas[state.finding]} px · brush {state.radius.toFixed(0)} px · right-drag: window · wheel: zoom · Space:
        pan · <kbd>H</kbd> hides, <kbd>O</kbd> shows the pseudo mask while held
      </Text>
    </Stack>
  );
}
