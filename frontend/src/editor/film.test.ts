import { expect, test } from "vitest";
import { enlarge, parseFilm, parseMaps } from "./film";
import { actionOf, digitOf } from "./keys";
import { fit, toFilm, toScreen, zoomAt } from "./view";
import { autoWindow, lookUp } from "./window";

function packed(magic: string, width: number, height: number, n: number, bytes: number): ArrayBuffer {
  const buffer = new ArrayBuffer(16 + bytes);
  const view = new DataView(buffer);
  for (let i = 0; i < magic.length; i++) view.setUint8(i, magic.charCodeAt(i));
  view.setUint32(4, width, true);
  view.setUint32(8, height, true);
  view.setUint16(12, n, true);
  return buffer;
}

test("films of 8 and 16 bits and maps are read as sent; cut ones are refused", () => {
  expect(parseFilm(packed("OVR1", 3, 2, 16, 12)).data).toBeInstanceOf(Uint16Array);
  expect(parseFilm(packed("OVR1", 3, 2, 8, 6)).data.length).toBe(6);
  expect(parseMaps(packed("OVP1", 3, 2, 5, 30)).planes.length).toBe(5);
  expect(() => parseFilm(packed("OVR1", 3, 2, 16, 6))).toThrow("cut short");
  expect(() => parseFilm(packed("JUNK", 3, 2, 8, 6))).toThrow("OVR1");
  expect(() => parseMaps(new ArrayBuffer(4))).toThrow();
});

test("a map is enlarged with pixel centres aligned", () => {
  const plane = Uint8Array.from([0, 100, 100, 0]);
  const maps = { width: 2, height: 2, planes: [plane] };
  expect([...enlarge(plane, maps, 4, 2)]).toEqual([0, 25, 75, 100, 100, 75, 25, 0]);
});

test("the window keeps order, ends and inversion", () => {
  const data = Uint16Array.from({ length: 1000 }, (_, i) => i * 4);
  const window = autoWindow({ width: 100, height: 10, data });
  const table = lookUp(window, 65536);
  expect([table[0], table[4095]]).toEqual([0, 255]);
  expect(table[1000]! < table[2000]!).toBe(true);
  expect(lookUp({ ...window, invert: true }, 65536)[0]).toBe(255);
  const flat = autoWindow({ width: 2, height: 1, data: Uint8Array.from([7, 7]) });
  expect(flat.high).toBeGreaterThan(flat.low);
});

test("zoom keeps the point under the pointer, and screen and film are inverse", () => {
  const film = { width: 2500, height: 3000 };
  const screen = { width: 1400, height: 900 };
  const pointer = { x: 300, y: 200 };
  const view = zoomAt(fit(film, screen), screen, pointer, 3, film);
  const before = toFilm(fit(film, screen), screen, pointer);
  const after = toFilm(view, screen, pointer);
  expect(after.x).toBeCloseTo(before.x);
  expect(after.y).toBeCloseTo(before.y);
  expect(toScreen(view, screen, after).x).toBeCloseTo(pointer.x);
});

test("keys: letters by their letter, digits by their place, nothing while somebody writes", () => {
  expect(actionOf(new KeyboardEvent("keydown", { key: "a" }))).toBe("accept");
  expect(actionOf(new KeyboardEvent("keydown", { key: "z", ctrlKey: true }))).toBe("undo");
  expect(actionOf(new KeyboardEvent("keydown", { key: "Z", ctrlKey: true, shiftKey: true }))).toBe("redo");
  expect(digitOf(new KeyboardEvent("keydown", { key: "é", code: "Digit2" }))).toBe(1);
  expect(digitOf(new KeyboardEvent("keydown", { key: "0", code: "Digit0" }))).toBeNull();
  const input = document.createElement("input");
  document.body.append(input);
  let action: string | null = "none";
  input.addEventListener("keydown", (event) => {
    action = actionOf(event);
  });
  input.dispatchEvent(new KeyboardEvent("keydown", { key: "a", bubbles: true }));
  expect(action).toBeNull();
});
