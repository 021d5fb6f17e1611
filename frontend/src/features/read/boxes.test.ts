import { expect, test, vi } from "vitest";

test("boxes are shown from one film to the next, and after a reload; a shut store forgets with the page", async () => {
  const told: boolean[] = [];
  const editor = { showBoxes: (shown: boolean) => told.push(shown) };
  const page = async () => {
    vi.resetModules();
    return import("./boxes");
  };
  localStorage.clear();
  const first = await page();
  expect(first.boxesShown()).toBe(false);
  first.turnBoxes(editor);
  expect([first.boxesShown(), (await page()).boxesShown()]).toEqual([true, true]);
  const shut = vi.spyOn(Storage.prototype, "removeItem").mockImplementation(() => {
    throw new Error("shut");
  });
  first.turnBoxes(editor);
  expect([first.boxesShown(), told]).toEqual([false, [true, false]]);
  shut.mockRestore();
});
