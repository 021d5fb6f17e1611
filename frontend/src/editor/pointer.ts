/** The pointer, the wheel and the space bar on a canvas, as calls; all coordinates are the canvas's own pixels. */

import type { Point } from "./mask";

export interface PointerTarget {
  down(at: Point, button: number, shift: boolean, space: boolean): void;
  /** Every point since the last call, in order: a fast stroke has several. */
  move(points: Point[]): void;
  up(): void;
  leave(): void;
  wheel(at: Point, delta: number, alt: boolean): void;
}

/** Listen until the signal ends it. The pointer is captured, so a stroke may leave the canvas and come back. */
export function listen(canvas: HTMLCanvasElement, target: PointerTarget, signal: AbortSignal): void {
  const options = { signal };
  let space = false;
  const at = (event: MouseEvent): Point => {
    const box = canvas.getBoundingClientRect();
    const ratio = canvas.width / Math.max(1, box.width);
    return { x: (event.clientX - box.left) * ratio, y: (event.clientY - box.top) * ratio };
  };
  const hold = (held: boolean) => (event: KeyboardEvent) => {
    if (event.code !== "Space" || event.target instanceof HTMLButtonElement) return;
    space = held;
    if (event.target === document.body || event.target === canvas) event.preventDefault();
  };
  const down = (event: PointerEvent): void => {
    canvas.setPointerCapture(event.pointerId);
    canvas.focus({ preventScroll: true });
    target.down(at(event), event.button, event.shiftKey, space);
  };
  const move = (event: PointerEvent): void => {
    const events = event.getCoalescedEvents?.() ?? [];
    target.move((events.length ? events : [event]).map(at));
  };
  const wheel = (event: WheelEvent): void => {
    event.preventDefault();
    target.wheel(at(event), event.deltaY, event.altKey);
  };
  canvas.style.touchAction = "none";
  canvas.addEventListener("pointerdown", down, options);
  canvas.addEventListener("pointermove", move, options);
  canvas.addEventListener("pointerup", () => target.up(), options);
  canvas.addEventListener("pointercancel", () => target.up(), options);
  canvas.addEventListener("pointerleave", () => target.leave(), options);
  canvas.addEventListener("contextmenu", (event) => event.preventDefault(), options);
  canvas.addEventListener("wheel", wheel, { ...options, passive: false });
  globalThis.addEventListener("keydown", hold(true), options);
  globalThis.addEventListener("keyup", hold(false), options);
}
