/** Every key of the reading room, as data: the help sheet, the buttons' caps and the handler all read this table. */

export type Action = (typeof TABLE)[number][0];

export interface Binding {
  action: Action;
  label: string;
  keys: string[]; // the first is on the buttons; all are on the sheet
}

const TABLE = [
  ["accept", "Accept and next", "A", "Enter"],
  ["reject", "No lesion", "R"],
  ["cannotTell", "Cannot tell", "U"],
  ["next", "Next case", "N", "→"],
  ["previous", "Previous case", "P", "←"],
  ["nextFinding", "Next finding to read, zoomed", "."],
  ["previousFinding", "Previous finding to read, zoomed", ","],
  ["brush", "Brush", "B"],
  ["eraser", "Eraser", "E"],
  ["smart", "Brush that paints like greys only", "S"],
  ["lasso", "Lasso (Shift subtracts)", "L"],
  ["smaller", "Smaller brush", "["],
  ["larger", "Larger brush", "]"],
  ["threshold", "Probability slider", "T"],
  ["scope", "Threshold inside a lasso, or in the region clicked", "G"],
  ["pan", "Move the film", "Y"],
  ["deleteRegion", "Delete the region under the pointer", "X"],
  ["keepRegion", "Keep only the region under the pointer", "K"],
  ["strip", "Take over a mask: 1–9 on the strip", "M"],
  ["flag", "Flag the finding", "Q"],
  ["note", "Note on the finding", "J"],
  ["fill", "Fill holes", "F"],
  ["grow", "Grow by a pixel", "="],
  ["shrink", "Shrink by a pixel", "-"],
  ["reset", "Back to the pseudo mask", "⌫"],
  ["clear", "Clear", "Del"],
  ["undo", "Undo", "Ctrl+Z"],
  ["redo", "Redo", "Ctrl+Shift+Z", "Ctrl+Y"],
  ["hide", "Hide masks while held", "H"],
  ["original", "Pseudo mask while held", "O"],
  ["difference", "Difference while held: added blue, removed orange", "D"],
  ["doubt", "Where teachers disagree, or the ensemble is in doubt", "V"],
  ["outline", "Outline or fill", "C"],
  ["boxes", "A box around each region", "Z"],
  ["invert", "Invert", "I"],
  ["autoWindow", "Automatic window", "W"],
  ["fit", "Fit the film", "0"],
  ["palette", "Every command by name", "Ctrl+K"],
  ["help", "This sheet", "?"],
  ["cancel", "Cancel", "Esc"],
] as const;

const STORE = "overread-keys";
const NAMED: Record<string, string> = {
  Enter: "Enter",
  ArrowRight: "→",
  ArrowLeft: "←",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Backspace: "⌫",
  Delete: "Del",
  Escape: "Esc",
};
const PLACES: Record<string, string> = { BracketLeft: "[", BracketRight: "]", Equal: "=", Minus: "-" };

/** What a press is called: letters by what is on the key, digits and brackets by where it lies; null for a modifier. */
export function chordOf(event: KeyboardEvent): string | null {
  if (event.altKey) return null;
  const base = baseOf(event);
  if (!base || !(event.ctrlKey || event.metaKey)) return base;
  return event.shiftKey ? `Ctrl+Shift+${base}` : `Ctrl+${base}`;
}

function baseOf({ key, code }: KeyboardEvent): string | null {
  const digit = /^Digit(\d)$/.exec(code)?.[1];
  if (digit) return digit;
  if (PLACES[code] || NAMED[key]) return PLACES[code] ?? NAMED[key]!;
  // Under Hangul or Cyrillic no key has a Latin letter on it: then its place tells.
  if (!/^[ -~]$/.test(key)) return /^Key([A-Z])$/.exec(code)?.[1] ?? null;
  return key === " " ? null : key.toUpperCase();
}

const DEFAULTS: Binding[] = TABLE.map(([action, label, ...keys]) => ({ action, label, keys: [...keys] }));

/** The table with this browser's own keys in the place of those that came with it. */
export function bindings(): Binding[] {
  const own = ownKeys();
  return DEFAULTS.map((binding) => {
    const key = own[binding.action];
    return key ? { ...binding, keys: [key] } : binding;
  });
}

/** Give an action another key; whatever had that key gets the action's. Digits 1–8 stay the findings'. */
export function rebind(action: Action, chord: string): void {
  if (/^[1-9]$/.test(chord)) return;
  const now = bindings();
  const own = ownKeys();
  const other = now.find((binding) => binding.action !== action && binding.keys.includes(chord));
  if (other) own[other.action] = now.find((binding) => binding.action === action)!.keys[0];
  own[action] = chord;
  localStorage.setItem(STORE, JSON.stringify(own));
}

export function resetKeys(): void {
  localStorage.removeItem(STORE);
}

function ownKeys(): Partial<Record<Action, string>> {
  try {
    return JSON.parse(localStorage.getItem(STORE) ?? "{}") as Partial<Record<Action, string>>;
  } catch {
    return {}; // a store that is shut, or written by a hand
  }
}

/** Whether somebody is writing text there. */
export function isWriting(target: EventTarget | null): boolean {
  if (target instanceof HTMLTextAreaElement) return true;
  return target instanceof HTMLInputElement && !["range", "radio", "checkbox"].includes(target.type);
}

/** The action of a key, unless somebody is writing text. */
export function actionOf(event: KeyboardEvent): Action | null {
  const chord = isWriting(event.target) ? null : chordOf(event);
  return (chord && bindings().find((binding) => binding.keys.includes(chord))?.action) || null;
}

/** 0-based digit key 1–9, by its place on the keyboard; null for any other key. */
export function digitOf(event: KeyboardEvent): number | null {
  const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
  return digit && !event.ctrlKey && !event.metaKey && !event.altKey && !isWriting(event.target)
    ? Number(digit) - 1
    : null;
}

export function caps(action: Action): string {
  return bindings().find((binding) => binding.action === action)?.keys[0] ?? "";
}
