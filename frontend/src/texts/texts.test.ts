import { afterEach, expect, test } from "vitest";
import * as app from "./app";
import * as compare from "./compare";
import * as dashboards from "./dashboards";
import * as demo from "./demo";
import * as effort from "./effort";
import * as exported from "./exports";
import * as gate from "./gate";
import * as imported from "./import";
import * as iterations from "./iterations";
import { inBoth, setLanguage } from "./language";
import * as people from "./people";
import * as pool from "./pool";
import * as power from "./power";
import { problemSentence, problemTitle } from "./problems";
import * as promise from "./promise";
import * as read from "./read";
import * as reading from "./reading";
import * as siblings from "./siblings";
import * as sources from "./sources";
import * as trail from "./trail";
import * as why from "./why";

afterEach(() => setLanguage("en"));

function said(room: Record<string, unknown>): [string, string][] {
  return Object.entries(room).map(([key, text]) => [key, typeof text === "function" ? text(1, 2, 3, 4) : String(text)]);
}

const FILES = [
  app,
  compare,
  dashboards,
  demo,
  effort,
  exported,
  gate,
  imported,
  iterations,
  people,
  pool,
  power,
  promise,
  read,
  reading,
  siblings,
  sources,
  trail,
  why,
];
const ROOMS = FILES.flatMap((file) => Object.values(file));
// What is called alike in both languages.
const ALIKE = new Set(["dice", "minus", "ofBoth", "ofSplit", "span", "threshold"]);

test("every text is there in English and in Korean", () => {
  for (const room of ROOMS as Record<string, unknown>[]) {
    setLanguage("en");
    for (const [key, text] of said(room)) expect(text, key).toMatch(/^\P{Script=Hangul}+$/u);
    setLanguage("ko");
    for (const [key, text] of said(room)) if (!ALIKE.has(key)) expect(text, key).toMatch(/[가-힣]/);
  }
});

test("the switch is kept by the browser", () => {
  const room = inBoth({ read: ["read", "판독"], films: [(n: number) => `${n} films`, (n: number) => `영상 ${n}장`] });
  expect([room.read, room.films(3)]).toEqual(["read", "3 films"]);
  setLanguage("ko");
  expect([room.read, room.films(3)]).toEqual(["판독", "영상 3장"]);
  expect(localStorage.getItem("overread.language")).toBe("ko");
});

test("a refusal is told by its type; what only the server knows stays its English", () => {
  expect(problemTitle("urn:overread:gate-shut")).toBe("The gate is shut");
  expect(problemTitle("urn:overread:new-of-tomorrow")).toBeNull();
  setLanguage("ko");
  expect(problemTitle("urn:overread:gate-shut")).toMatch(/[가-힣]/);
  expect(problemSentence("urn:overread:offline", "Check.").english).toBe(false);
  expect(problemSentence("urn:overread:conflict", "Job 7 is done.")).toEqual({ text: "Job 7 is done.", english: true });
});

test("what is refused at the door is said in the reader's language, by its own name", () => {
  setLanguage("ko");
  for (const type of ["wrong-password", "link-spent", "too-many-tries", "sign-in-busy"]) {
    const { text, english } = problemSentence(`urn:overread:${type}`, "The server's English");
    expect([english, text !== problemSentence("urn:overread:unauthenticated", "").text], type).toEqual([false, true]);
  }
  for (const type of ["role-differs", "account-disabled", "last-admin"])
    expect(problemTitle(`urn:overread:${type}`), type).toMatch(/[가-힣]/);
});
