/** The browser's pointers, the wheel and the space bar on a canvas; all coordinates are the canvas's own pixels. */

import type { Point } from "./mask";
import { type Contact, Pointers, type PointerTarget } from "./pointers";

const ERASER = 5; // the button of a pen's other end, as pointer events number it

/** Listen until the signal ends it. A pointer is captured, so a stroke may leave the canvas and come back. */
export function listen(canvas: HTMLCanvasElement, target: PointerTarget, signal: AbortSignal): void {
  const options = { signal };
  const pointers = new Pointers(target);
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
    const { button, shiftKey: shift } = event;
    pointers.down(contactOf(event), { at: at(event), button, shift, space, eraser: button === ERASER });
  };
  const move = (event: PointerEvent): void => {
    const events = event.getCoalescedEvents?.() ?? [];
    pointers.move(contactOf(event), (events.length ? events : [event]).map(at));
  };
  const up = (event: PointerEvent): void => pointers.up(contactOf(event));
  const leave = (event: PointerEvent): void => pointers.leave(contactOf(event));
  const wheel = (event: WheelEvent): void => {
    event.preventDefault();
    target.wheel(at(event), event.deltaY, event.altKey);
  };
  canvas.style.touchAction = "none";
  canvas.addEventListener("pointerdown", down, options);
  canvas.addEventListener("pointermove", move, options);
  canvas.addEventListener("pointerup", up, options);
  canvas.addEventListener("pointercancel", up, options);
  canvas.addEventListener("lostpointercapture", up, options); // however it ended
  canvas.addEventListener("pointerleave", leave, options);
  canvas.addEventListener("contextmenu", (event) => event.preventDefault(), options);
  canvas.addEventListener("wheel", wheel, { ...options, passive: false });
  globalThis.addEventListener("keydown", hold(true), options);
  globalThis.addEventListener("keyup", hold(false), options);
}

function contactOf({ pointerId: id, pointerType, timeStamp: time }: PointerEvent): Contact {
  return { id, kind: pointerType === "touch" || pointerType === "pen" ? pointerType : "mouse", time };
}
