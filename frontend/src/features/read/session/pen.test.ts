import { expect, test, vi } from "vitest";
import { attended } from "../../../components/attended";
import { MaskDocument } from "../../../editor/document";
import { paintCapsule } from "../../../editor/mask";
import type { Sitting } from "../../../editor/state";
import { keep, listDrafts } from "./drafts";
import { type Drawn, Pen, secondsOn } from "./pen";
import { caseOf, openedOf } from "./testing";
import type { Keeping, Opened } from "./types";

/** An editor of one finding, without its canvas. */
function paper(): Drawn & { draw: () => void; look: (x: number) => void } {
  const document = new MaskDocument({ width: 20, height: 10, data: new Uint8Array(200) }, () => undefined);
  const radii = [1];
  let cx = 0;
  return {
    document,
    state: () => ({ touched: [Boolean(document.history.standing & 1)], revisions: [document.revisions[0]!] }),
    sitting: () =>
      ({
        finding: 0,
        tool: "brush",
        radii,
        sliders: [1],
        scope: null,
        view: { cx, cy: 0, scale: 1 },
        window: null,
      }) satisfies Sitting,
    draw: () => document.commit(paintCapsule(document.masks, 0, { x: 5, y: 5 }, { x: 9, y: 5 }, 2, true)),
    look: (x) => {
      cx = x;
    },
  };
}

function begin(opened: Opened) {
  const heard: Keeping[] = [];
  const pen = new Pen((keeping) => heard.push(keeping));
  const editor = paper();
  const hold = (of = opened, on = editor): void =>
    pen.hold({ opened: of, editor: on, state: on.state(), verdicts: {}, remarks: {} });
  hold();
  return { pen, editor, hold, heard };
}

test("what was done is written once, and again only when it is another", async () => {
  const { pen, editor, heard } = begin(openedOf(caseOf(21)));
  expect(await pen.write()).toBeNull(); // nothing was done
  expect(pen.changed).toBe(false);
  editor.draw();
  expect(pen.changed).toBe(true);
  const first = await pen.write();
  expect(first).not.toBeNull();
  expect(await pen.write()).toBe(first);
  editor.look(4); // the same read, seen from elsewhere
  expect((await pen.write())!.stamp).toBe(first!.stamp);
  expect(heard.length).toBe(3);
  const [draft] = await listDrafts(1);
  expect(draft).toMatchObject({ caseId: 21, stamp: first!.stamp, sitting: { view: { cx: 4 } } });
  expect(Object.keys(draft!.masks)).toEqual(["nodule"]);
});

test("verdicts that were just given are written with it; another read has another stamp", async () => {
  const { pen } = begin(openedOf(caseOf(22)));
  const stamp = await pen.write({ nodule: "reject" });
  expect((await pen.write({ nodule: "cannot_tell" }))!.stamp).not.toBe(stamp!.stamp);
  expect((await listDrafts(1)).find(({ caseId }) => caseId === 22)?.verdicts).toEqual({ nodule: "cannot_tell" });
});

test("work that was taken back leaves no draft, nor the one that it went on from", async () => {
  const told = caseOf(23);
  const place = { reader: 1, auditId: 3, caseId: 23, version: 0, sha256: "a", shown: "m" };
  const earlier = { ...place, masks: {}, verdicts: {}, remarks: {}, seconds: 1, stamp: "old" };
  const { id } = await keep(earlier, null);
  const { pen, heard } = begin(openedOf(told, { ...earlier, id, page: "gone", at: 0 }));
  expect(await pen.write()).toBeNull();
  expect((await listDrafts(1)).filter(({ caseId }) => caseId === 23)).toEqual([]);
  expect(heard).toEqual(["nothing"]);
});

test("what is still being written of one opening does not take the place of the next one's", async () => {
  const { pen, editor, hold } = begin(openedOf(caseOf(24)));
  editor.draw();
  const first = pen.write();
  const other = paper();
  hold(openedOf(caseOf(25)), other);
  void pen.write(); // nothing was done there
  await first;
  other.look(9);
  expect(await pen.write()).toBeNull();
  other.draw();
  expect((await pen.write())!.stamp).not.toBe((await first)!.stamp);
  const kept = (await listDrafts(1)).map(({ caseId }) => caseId);
  expect(kept).toContain(24);
  expect(kept).toContain(25);
});

test("a case's seconds are those that somebody was there for", () => {
  const clock = vi.spyOn(attended, "now").mockReturnValue(5_000);
  const opened = openedOf(caseOf(24));
  vi.setSystemTime(Date.now() + 3_600_000); // an hour passes, of which a quarter of a minute was read
  clock.mockReturnValue(20_000);
  expect(secondsOn(opened)).toBe(15);
  vi.useRealTimers();
  clock.mockRestore();
});
