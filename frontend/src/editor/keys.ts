/** Every key of the reading room, as data: the help sheet, the buttons' caps and the handler all read this table. */

export type Action =
  | "accept"
  | "reject"
  | "cannotTell"
  | "next"
  | "previous"
  | "hide"
  | "original"
  | "outline"
  | "invert"
  | "brush"
  | "eraser"
  | "lasso"
  | "deleteRegion"
  | "keepRegion"
  | "smaller"
  | "larger"
  | "threshold"
  | "fill"
  | "grow"
  | "shrink"
  | "reset"
  | "clear"
  | "undo"
  | "redo"
  | "autoWindow"
  | "fit"
  | "help"
  | "cancel";

export interface Binding {
  action: Action;
  caps: string;
  also?: string; // a second key, told on the sheet alone
  label: string;
  test: (event: KeyboardEvent) => boolean;
}

const letter = (key: string) => (event: KeyboardEvent) =>
  event.key.toLowerCase() === key && !event.ctrlKey && !event.metaKey && !event.altKey;
const code = (name: string) => (event: KeyboardEvent) => event.code === name && !event.ctrlKey && !event.metaKey;
const ctrl = (key: string, shift: boolean) => (event: KeyboardEvent) =>
  event.key.toLowerCase() === key && (event.ctrlKey || event.metaKey) && event.shiftKey === shift;
const named = (key: string) => (event: KeyboardEvent) => event.key === key && !event.ctrlKey && !event.metaKey;

export const BINDINGS: Binding[] = [
  {
    action: "accept",
    caps: "A",
    also: "Enter",
    label: "Accept and next",
    test: (e) => letter("a")(e) || named("Enter")(e),
  },
  { action: "reject", caps: "R", label: "No lesion", test: letter("r") },
  { action: "cannotTell", caps: "U", label: "Cannot tell", test: letter("u") },
  { action: "next", caps: "N", also: "→", label: "Next case", test: (e) => letter("n")(e) || named("ArrowRight")(e) },
  {
    action: "previous",
    caps: "P",
    also: "←",
    label: "Previous case",
    test: (e) => letter("p")(e) || named("ArrowLeft")(e),
  },
  { action: "brush", caps: "B", label: "Brush", test: letter("b") },
  { action: "eraser", caps: "E", label: "Eraser", test: letter("e") },
  { action: "lasso", caps: "L", label: "Lasso (Shift subtracts)", test: letter("l") },
  { action: "smaller", caps: "[", label: "Smaller brush", test: code("BracketLeft") },
  { action: "larger", caps: "]", label: "Larger brush", test: code("BracketRight") },
  { action: "threshold", caps: "T", label: "Probability slider", test: letter("t") },
  { action: "deleteRegion", caps: "X", label: "Delete the region under the pointer", test: letter("x") },
  { action: "keepRegion", caps: "K", label: "Keep only the region under the pointer", test: letter("k") },
  { action: "fill", caps: "F", label: "Fill holes", test: letter("f") },
  { action: "grow", caps: "=", label: "Grow by a pixel", test: code("Equal") },
  { action: "shrink", caps: "-", label: "Shrink by a pixel", test: code("Minus") },
  { action: "reset", caps: "⌫", label: "Back to the pseudo mask", test: named("Backspace") },
  { action: "clear", caps: "Del", label: "Clear", test: named("Delete") },
  { action: "undo", caps: "Ctrl+Z", label: "Undo", test: ctrl("z", false) },
  {
    action: "redo",
    caps: "Ctrl+Shift+Z",
    also: "Ctrl+Y",
    label: "Redo",
    test: (e) => ctrl("z", true)(e) || ctrl("y", false)(e),
  },
  { action: "hide", caps: "H", label: "Hide masks while held", test: letter("h") },
  { action: "original", caps: "O", label: "Pseudo mask while held", test: letter("o") },
  { action: "outline", caps: "C", label: "Outline or fill", test: letter("c") },
  { action: "invert", caps: "I", label: "Invert", test: letter("i") },
  { action: "autoWindow", caps: "W", label: "Automatic window", test: letter("w") },
  { action: "fit", caps: "0", label: "Fit the film", test: code("Digit0") },
  { action: "help", caps: "?", label: "This sheet", test: named("?") },
  { action: "cancel", caps: "Esc", label: "Cancel", test: named("Escape") },
];

/** The action of a key, unless somebody is writing text. */
export function actionOf(event: KeyboardEvent): Action | null {
  const target = event.target;
  if (target instanceof HTMLTextAreaElement) return null;
  if (target instanceof HTMLInputElement && !["range", "radio", "checkbox"].includes(target.type)) return null;
  return BINDINGS.find((binding) => binding.test(event))?.action ?? null;
}

/** 0-based finding of a digit key 1–8, by its place on the keyboard; null for any other key. */
export function findingOf(event: KeyboardEvent): number | null {
  const digit = /^Digit([1-8])$/.exec(event.code)?.[1];
  return digit && !event.ctrlKey && !event.metaKey && actionOf(event) === null ? Number(digit) - 1 : null;
}

export function caps(action: Action): string {
  return BINDINGS.find((binding) => binding.action === action)?.caps ?? "";
}
