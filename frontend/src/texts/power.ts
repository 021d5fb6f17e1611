/** What a planned audit can show. */

import { inBoth } from "./language";

export const power = inBoth({
  title: ["What this audit can show, if so many labels are wrong:", "이 감사로 알 수 있는 것, 잘못된 라벨의 비율이"],
  assumed: ["Share of labels assumed wrong", "잘못된 라벨의 가정 비율"],
  bar: [
    (finding: string, chance: string) => `${finding}: its clause passes with a chance of ${chance}`,
    (finding: string, chance: string) => `${finding}: 조건을 통과할 확률 ${chance}`,
  ],
  chance: [
    (finding: string, chance: string, reads: number, width: string) =>
      `${finding}: passes with ${chance} after ${reads} reads; error to ± ${width}.`,
    (finding: string, chance: string, reads: number, width: string) =>
      `${finding}: 판독 ${reads}건 뒤 통과 확률 ${chance}, 오류율 ± ${width}.`,
  ],
  enough: [(n: number) => `${n} reads would do.`, (n: number) => `${n}건이면 충분합니다.`],
  never: ["No number of reads will do at this error.", "이 오류율에서는 판독을 늘려도 통과하기 어렵습니다."],
  holdout: [
    (patients: number, shown: string, margin: string, chance: string) =>
      `HOLDOUT: ${patients} patients after this audit. When nothing has changed they rule out a fall of ${shown} one time in two, of ${margin} (the margin) with ${chance}.`,
    (patients: number, shown: string, margin: string, chance: string) =>
      `HOLDOUT: 이 감사 뒤 환자 ${patients}명. 변화가 없을 때 ${shown} 하락은 절반의 확률로, 허용 폭 ${margin} 하락은 ${chance}로 배제합니다.`,
  ],
  noHoldout: [
    "Nobody is held out: a fall from one iteration to the next would not be seen.",
    "제외해 둔 환자가 없어 다음 반복에서 성능이 떨어져도 알 수 없습니다.",
  ],
  trust: [
    (plants: number, chance: string) =>
      plants
        ? `${plants} planted errors: readers who miss one in ten are trusted with a chance of ${chance}.`
        : "No planted error: nobody checks whether readers see wrong masks.",
    (plants: number, chance: string) =>
      plants
        ? `심어 둔 오류 ${plants}건: 열에 하나를 놓치는 판독자가 신뢰받을 확률 ${chance}.`
        : "심어 둔 오류가 없어 판독자가 틀린 마스크를 알아보는지 확인하지 않습니다.",
  ],
  cost: [
    (reads: number, minutes: number) => `In all about ${reads} reads, ${minutes} minutes.`,
    (reads: number, minutes: number) => `모두 약 ${reads}건, ${minutes}분.`,
  ],
});
