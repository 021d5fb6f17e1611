import { afterEach, expect, test } from "vitest";
import * as rooms from "./app";
import { inBoth, setLanguage } from "./language";

afterEach(() => setLanguage("en"));

function said(room: Record<string, unknown>): [string, string][] {
  return Object.entries(room).map(([key, text]) => [key, typeof text === "function" ? text(1, 2, 3, 4) : String(text)]);
}

test("every text is there in English and in Korean", () => {
  for (const room of Object.values(rooms)) {
    setLanguage("en");
    for (const [key, text] of said(room)) expect(text, key).toMatch(/^[\x20-\x7e]+$/);
    setLanguage("ko");
    for (const [key, text] of said(room)) expect(text, key).toMatch(/[가-힣]/);
  }
});

test("the switch is kept by the browser", () => {
  const room = inBoth({ read: ["read", "판독"], films: [(n: number) => `${n} films`, (n: number) => `영상 ${n}장`] });
  expect([room.read, room.films(3)]).toEqual(["read", "3 films"]);
  setLanguage("ko");
  expect([room.read, room.films(3)]).toEqual(["판독", "영상 3장"]);
  expect(localStorage.getItem("overread.language")).toBe("ko");
});
