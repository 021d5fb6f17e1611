import { expect, test } from "vitest";
import { csvOf, standalone } from "./download";

test("a table is CSV that no spreadsheet runs", () => {
  const rows = [
    ['a, "b"', 1.5, null],
    ["=1+1", -2, "two\nlines"],
  ];
  expect(csvOf({ columns: ["Name", "x", "y"], rows })).toBe(
    'Name,x,y\r\n"a, ""b""",1.5,\r\n\'=1+1,-2,"two\nlines"\r\n',
  );
});

test("a plot takes the page's colours along", () => {
  document.documentElement.style.setProperty("--accent", "#087f5b");
  const box = document.createElement("div");
  box.innerHTML = '<svg><path stroke="var(--accent)"/></svg>';
  const text = standalone(box.querySelector("svg")!);
  expect(text).toContain('stroke="#087f5b"');
  expect(text).not.toContain("var(");
});
