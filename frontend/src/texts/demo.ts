/** What the page of the demo's outcome says. */

import { inBoth } from "./language";

export const demo = inBoth({
  title: ["What reading was worth", "판독의 값어치"],
  toOutcome: ["What reading was worth in the demo", "데모에서 판독의 값어치"],
  toProjects: ["Projects", "프로젝트"],
  none: ["No demo has ended here yet", "아직 끝난 데모가 없습니다"],
  noneWhat: [
    "It goes on by itself once its audit is read: both students are then compared on this page.",
    "감사 판독이 끝나면 데모가 저절로 이어지고, 두 학생망을 이 화면에서 비교합니다.",
  ],
  what: [
    (films: number, pool: number) =>
      `One teacher labelled ${pool} films. One student learned from those labels as they are; the other after ${films} of the films had been read, and from what the gate then let in. Both go on from the teacher's weights.`,
    (films: number, pool: number) =>
      `교사망 하나가 영상 ${pool}장에 라벨을 달았습니다. 한 학생망은 그 라벨을 그대로 배웠고, 다른 학생망은 그중 ${films}장을 판독한 뒤 관문이 통과시킨 것으로 배웠습니다. 둘 다 교사망의 가중치에서 이어 학습합니다.`,
  ],
  minutes: [
    (n: string) => `Reading took ${n} minutes; modelled ones where the demo played the reader.`,
    (n: string) => `판독에 ${n}분이 걸렸습니다. 데모가 판독자 역할을 했다면 추정한 시간입니다.`,
  ],
  phantom: [
    "The films are drawn by code, and the reader knows their truth: this shows how the loop works, not how large an effect is on films of people.",
    "영상은 코드로 그린 것이고 판독자는 정답을 압니다. 과정이 어떻게 돌아가는지를 보일 뿐, 사람 영상에서의 효과 크기를 말하지 않습니다.",
  ],
  changes: ["Change on the external films", "외부 영상에서의 변화"],
  changesWhat: [
    (films: number, patients: number) =>
      `${films} films of ${patients} patients of another hospital, mean of the findings; film by film, 95% intervals over patients. Right of the line is better. D-AUC: how well films with a finding are told from those without it, where a lesion counts as found only if the mask lies on it. Dice*: how far mask and lesion overlap where there is one.`,
    (films: number, patients: number) =>
      `다른 병원 환자 ${patients}명의 영상 ${films}장, 소견 평균. 영상별로 짝지은 차이와 환자 단위 95% 신뢰구간. 선의 오른쪽이 더 낫습니다. D-AUC: 소견이 있는 영상을 없는 영상과 얼마나 잘 가려내는지이며, 마스크가 병변 위에 있어야 찾은 것으로 셉니다. Dice*: 병변이 있는 영상에서 마스크와 병변이 겹치는 정도.`,
  ],
  scores: ["Scores by finding", "소견별 점수"],
  scoresWhat: ["The bars are 95% intervals over patients.", "막대는 환자 단위 95% 신뢰구간입니다."],
  network: ["Network", "망"],
  score: ["Score", "점수"],
  points: ["Change, percentage points", "변화(%p)"],
  finding: ["Finding", "소견"],
  macro: ["Mean", "평균"],
  low: ["low", "하한"],
  high: ["high", "상한"],
  minus: [(of: string, since: string) => `${of} − ${since}`, (of: string, since: string) => `${of} − ${since}`],
  letIn: ["What the gate let in", "관문이 통과시킨 것"],
  letInWhat: [
    "Labels that may teach this student. From a machine it learns contours alone, so that only positives count; what is withheld taught it nothing that people had not read.",
    "이 학생망을 가르칠 수 있는 라벨입니다. 기계에게서는 윤곽만 배우므로 양성만 셉니다. 보류된 소견은 사람이 판독한 것만 가르쳤습니다.",
  ],
  decided: ["Decided by the teacher", "교사망이 정함"],
  entered: ["Let in", "통과"],
  withheld: ["withheld", "보류됨"],
  more: ["Look closer", "자세히 보기"],
  readProject: ["the arm that was read", "판독한 쪽"],
  unreadProject: ["the arm that nobody read", "판독하지 않은 쪽"],
  audit: ["its audit", "그 감사"],
});

export const networks = inBoth({
  teacher: ["teacher", "교사망"],
  unread: ["student, unread", "학생망(판독 없음)"],
  read: ["student, read and gated", "학생망(판독과 관문)"],
});
