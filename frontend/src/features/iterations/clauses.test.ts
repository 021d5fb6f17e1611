import { expect, test } from "vitest";
import { Problem } from "../../api/client";
import { byFinding, type Clause, failedAt, spoken } from "./clauses";

const clause: Clause = {
  name: "certified-error",
  finding: "pleural_effusion",
  passed: false,
  value: 0.2,
  limit: 0.1,
  sentence: "pleural_effusion: 3 of 40 reads unacceptable. Withhold pleural_effusion.",
  more: null,
  stream: null,
};
const whole: Clause = { ...clause, name: "reader-trust", finding: null, sentence: "all findings: readers found 6." };

test("a sentence names its finding as people write it, and all of them by one word", () => {
  expect(spoken(clause)).toBe("Pleural effusion: 3 of 40 reads unacceptable. Withhold pleural effusion.");
  expect(spoken(whole)).toBe("All findings: readers found 6.");
});

test("clauses of one finding stand together, one of none by itself", () => {
  const other: Clause = { ...whole, name: "ungated", sentence: "all findings: weighted teaches." };
  expect(byFinding([clause, whole, { ...clause, name: "enough-reads" }, other]).map((group) => group.length)).toEqual([
    2, 1, 1,
  ]);
});

test("only a gate that is shut names the clauses that failed", () => {
  const refusal = (type: string) => new Problem(`urn:overread:${type}`, "No", 409, "No.", { clauses: [clause] });
  expect(failedAt(refusal("gate-shut"))).toEqual([clause]);
  expect(failedAt(refusal("conflict"))).toBeNull();
  expect(failedAt(null)).toBeNull();
});
