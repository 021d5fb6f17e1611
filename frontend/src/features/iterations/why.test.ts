import { afterEach, expect, test } from "vitest";
import { setLanguage } from "../../texts/language";
import { dotsOfBoth, gainOf, type MovedFilm, nearness, originOf, signed, type Told, unlikeSentence } from "./why";

afterEach(() => setLanguage("en"));

test("a score is two points a finding, the earlier first; without an interval it is as wide as its value", () => {
  const both = { before: { value: 0.5, interval: [0.4, 0.6] }, after: { value: 0.7, interval: null } };
  const told = {
    before: { index: 0 },
    iteration: { index: 1 },
    scores: [
      { finding: "nodule", metric: "d_auc", ...both },
      { finding: "nodule", metric: "dice", ...both },
    ],
  };
  expect(dotsOfBoth(told as Told, "d_auc")).toEqual([
    { iteration: 0, finding: "nodule", value: 0.5, low: 0.4, high: 0.6 },
    { iteration: 1, finding: "nodule", value: 0.7, low: 0.7, high: 0.7 },
  ]);
});

test("each unlike thing is a sentence with both values", () => {
  const of = { finding: null, before: "60 + 56", after: "33" };
  expect(unlikeSentence({ ...of, what: "epochs" })).toBe("Epochs trained, network by network: 60 + 56 before, 33 now.");
  expect(unlikeSentence({ what: "test-films", finding: "nodule", before: "5 + 7", after: "6 + 7" })).toBe(
    "Nodule, test films (with it + without): 5 + 7 before, 6 + 7 now.",
  );
  expect(unlikeSentence({ ...of, what: "code" })).not.toContain("33");
  setLanguage("ko");
  const split = unlikeSentence({ what: "test-split", finding: null, before: "development", after: "external" });
  expect(split).toBe("평가한 영상: 이전 개발, 지금 외부.");
});

test("what entered says whom it came from", () => {
  const none = { finding: "nodule", source: null, iteration: null, stream: null, verdict: null, decision: null };
  const counts = { positives: 1, negatives: 2 };
  expect(originOf({ ...none, ...counts, kind: "reference", source: "hospital" })).toBe("reference masks of hospital");
  expect(originOf({ ...none, ...counts, kind: "read", iteration: 0, stream: "FIX", verdict: "reject" })).toBe(
    "reads of iteration 0: FIX, no lesion",
  );
  expect(originOf({ ...none, ...counts, kind: "pseudo", iteration: 0, decision: "negative" })).toBe(
    "labels of iteration 0: negative",
  );
});

test("two empty masks have no Dice, and are right", () => {
  const film = { dice_before: 0, dice_after: null } as MovedFilm;
  expect(nearness(film)).toBe("Dice 0.00 → rightly empty");
});

test("a gain has its sign, and its interval where there is one", () => {
  const group = { learned: true, nearer: 1, away: 0, same: 0 };
  expect(gainOf({ ...group, gain: 0.125, low: -0.031, high: 0.27 })).toBe("+0.13 [−0.03, +0.27]");
  expect(gainOf({ ...group, gain: -0.5, low: null, high: null })).toBe("−0.50");
  expect(signed(-0.001)).toBe("0.00");
});
