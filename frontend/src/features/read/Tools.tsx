import "./Tools.css";
import { Button, SegmentedControl, SimpleGrid, Slider, Stack, Text } from "@mantine/core";
import type { RefObject } from "react";
import type { Editor } from "../../editor/editor";
import { caps } from "../../editor/keys";
import type { State, Tool } from "../../editor/state";
import { tools as t } from "../../texts/reading";
import { turnBoxes } from "./boxes";

interface Props {
  state: State;
  editor: Editor;
  slider: RefObject<HTMLDivElement | null>;
  focusFilm: () => void;
  openStrip: () => void;
}

const TOOLS = [
  ["brush", "brush"],
  ["eraser", "eraser"],
  ["smart", "smart"],
  ["lasso", "lasso"],
  ["threshold", "scope"],
  ["pan", "pan"],
] as const;

function scopeWord(scope: State["scope"]): string {
  return { film: "", lasso: t.inLasso, region: t.inRegion }[scope];
}

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
        className="toolbar"
        value={state.tool}
        onChange={(tool) => editor.setTool(tool as Tool)}
        data={TOOLS.map(([value, action]) => ({ value, label: named(t[value], caps(action)) }))}
      />
      <div
        ref={slider}
        onPointerDown={() => addEventListener("pointerup", focusFilm, { once: true }) /* it may end outside */}
      >
        <Text size="xs" c="dimmed">
          {t.where((state.threshold / 255).toFixed(2))}
          {scopeWord(state.scope)} <kbd>{caps("threshold")}</kbd>
        </Text>
        {state.hasMaps ? (
          <Slider
            mt={4} // the thumb is taller than its line, and words stand above it
            thumbLabel={t.slider}
            thumbSize={24}
            min={1}
            max={255}
            value={state.threshold}
            label={null}
            onChange={(value) => editor.slide(value)}
            onChangeEnd={() => document.commitThreshold()}
          />
        ) : (
          <Text size="xs" c="dimmed">
            {t.noMap}
          </Text>
        )}
      </div>
      <SimpleGrid cols={2} spacing={6} verticalSpacing={6}>
        {button(t.undo, caps("undo"), () => document.undo(), !state.canUndo)}
        {button(t.redo, "Ctrl+Y", () => document.redo(), !state.canRedo)}
        {button(t.pseudo, caps("reset"), () => document.reset(state.finding))}
        {button(t.clear, caps("clear"), () => document.clear(state.finding))}
        {button(t.grow, caps("grow"), () => document.grow(state.finding, true))}
        {button(t.shrink, caps("shrink"), () => document.grow(state.finding, false))}
        {button(t.fill, caps("fill"), () => document.fillHoles(state.finding))}
        {button(state.outline ? t.filled : t.outlined, caps("outline"), () => editor.toggleOutline())}
        {button(t.invert, caps("invert"), () => editor.invert())}
        {button(t.auto, caps("autoWindow"), () => editor.autoWindow())}
        {button(t.fit, caps("fit"), () => editor.fit())}
        {button(t.doubt, caps("doubt"), () => editor.toggleDoubt(), !(state.hasMaps || state.teachers))}
        {button(state.boxes ? t.noBoxes : t.boxes, caps("boxes"), () => turnBoxes(editor))}
        {button(t.take, caps("strip"), openStrip)}
      </SimpleGrid>
      {state.doubt && (
        <Text size="xs" c="dimmed" component="output">
          {state.teachers ? t.apart(state.teachers) : t.nearHalf}
        </Text>
      )}
      <Text size="xs" c="dimmed">
        {t.area(state.areas[state.finding] ?? 0, state.radius.toFixed(0))}
        <kbd>{caps("smaller")}</kbd> <kbd>{caps("larger")}</kbd>
        <br />
        {t.drags}
        <br />
        {t.pans}
        <br />
        {t.held} <kbd>{caps("hide")}</kbd>
        {t.noMask} <kbd>{caps("original")}</kbd>
        {t.pseudoMask} <kbd>{caps("difference")}</kbd>
        {t.difference}
        <br />
        {t.region} <kbd>{caps("deleteRegion")}</kbd>
        {t.deletes} <kbd>{caps("keepRegion")}</kbd>
        {t.keeps}
        <br />
        <kbd>{caps("scope")}</kbd>
        {t.scope}
      </Text>
    </Stack>
  );
}
