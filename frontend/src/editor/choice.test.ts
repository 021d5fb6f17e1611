import { expect, test } from "vitest";
import { keepChoice, rendererChoice } from "./choice";

test("an address chooses the renderer of this browser, one without a word on it leaves it, another word forgets it", () => {
  expect(rendererChoice()).toBe("canvas2d");
  keepChoice("?case=3&renderer=webgl2");
  keepChoice("?case=4");
  expect(rendererChoice()).toBe("webgl2");
  keepChoice("?renderer=canvas2d");
  expect([rendererChoice(), localStorage.getItem("overread.renderer")]).toEqual(["canvas2d", "canvas2d"]);
  keepChoice("?renderer=auto");
  expect(localStorage.getItem("overread.renderer")).toBeNull();
  localStorage.setItem("overread.renderer", "vulkan");
  expect(rendererChoice()).toBe("canvas2d");
});
