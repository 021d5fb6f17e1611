import { expect, test } from "vitest";
import { alike, bodyOf, EMPTY, type Form, formOf, inFolder, sumOf } from "./form";
import { importSearch } from "./search";

const FORM: Form = {
  ...EMPTY,
  reader: "chestxdet",
  path: "a/<b>",
  name: "det",
  licence: "CC0",
  shares: { train: 60, development: 15, external: 25 },
  names: { Mass: "nodule", Effusion: "" },
  options: { images: "films" },
};

test("what was asked becomes the form that asks it again", () => {
  const body = bodyOf(FORM, true);
  expect(body.options).toEqual({
    images: "films",
    names: { Mass: "nodule", Effusion: "" },
    shares: { train: 0.6, development: 0.15, external: 0.25 },
  });
  expect(formOf(body)).toEqual(FORM);
  expect(bodyOf(formOf(body), true)).toEqual(body);
});

test("a pool has no shares, a phantom no folder, and what is empty is not said", () => {
  const body = bodyOf({ ...FORM, role: "pool", names: {}, options: {}, namespace: " ", licence: "" }, false);
  expect(body).toMatchObject({ options: {}, path: null, namespace: null, licence: "not stated" });
});

test("a source is called after its folder until somebody names it", () => {
  const first = { ...EMPTY, ...inFolder(EMPTY, "sets/nih") };
  expect(first).toMatchObject({ path: "sets/nih", name: "nih" });
  expect(inFolder(first, "sets")).toEqual({ path: "sets", name: "sets" });
  expect(inFolder({ ...first, name: "mine" }, "sets")).toEqual({ path: "sets", name: "mine" });
});

test("two say the same in whatever order, and a change is seen", () => {
  const body = bodyOf(FORM, true);
  const turned = Object.fromEntries(Object.entries(body).reverse());
  expect(alike(body, turned)).toBe(true);
  expect(alike(body, bodyOf({ ...FORM, names: { Mass: "nodule" } }, true))).toBe(false);
});

test("shares are summed", () => expect(sumOf({ train: 70, development: 20, external: 5 })).toBe(95));

test("of an address only numbers of rows are taken", () => {
  expect(importSearch({ preview: 3, job: "4", source: -1, other: 5 })).toEqual({ preview: 3 });
});
