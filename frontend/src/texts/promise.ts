/** What the page of the benchmark says. */

import { inBoth } from "./language";

export const promise = inBoth({
  title: ["The promise, measured", "약속을 재다"],
  toProjects: ["Projects", "프로젝트"],
  what: [
    "Do audit and gate stop confirmation bias, and does what they let through beat the same reads without any pseudo label? Procedural films with known truth, every arm on the same seeds and for the same steps; 95% intervals over seeds and patients. D-AUC: how well films with a finding are told from those without it, where a lesion counts as found only if the mask lies on it; iD-AUC: the same, worth as much as mask and lesion overlap; Dice*: how far they overlap where there is a lesion.",
    "감사와 게이트는 확증 편향을 막는가? 통과시킨 의사 라벨은 의사 라벨 없이 같은 판독만 쓴 것보다 나은가? 정답을 아는 합성 영상에서 모든 방법을 같은 시드와 같은 학습 단계로 비교합니다. 시드와 환자에 대한 95% 신뢰구간입니다. D-AUC: 소견이 있는 영상을 없는 영상과 얼마나 잘 가려내는지이며, 마스크가 병변 위에 있어야 찾은 것으로 셉니다. iD-AUC: 같은 것을 마스크와 병변이 겹치는 만큼만 셉니다. Dice*: 병변이 있는 영상에서 겹치는 정도.",
  ],
  own: ["Measured on this machine.", "이 컴퓨터에서 잰 값입니다."],
  shipped: ["Measured for this release. To measure it here:", "이 릴리스에서 잰 값입니다. 직접 재려면:"],
  promises: ["Promises, met or missed", "약속과 결과"],
  name: ["Promise", "약속"],
  value: ["Value", "값"],
  target: ["target", "목표"],
  outcome: ["Outcome", "결과"],
  met: ["met", "지킴"],
  missed: ["missed", "못 지킴"],
  unmeasured: ["not measured", "재지 않음"],
  metric: ["Score", "점수"],
  finding: ["Finding", "소견"],
  macro: ["Mean of findings", "소견 평균"],
  easy: ["Easy task: the pool is like the labelled films", "쉬운 과제: 풀이 라벨 있는 영상과 같은 분포"],
  hard: [
    "Hard task: another exposure, and things that look like findings",
    "어려운 과제: 다른 노출, 소견처럼 보이는 것들",
  ],
  budgets: ["What minutes of reading come to", "판독 시간에 따른 점수"],
  budgetsWhat: [
    "Scores on hidden test films after so many reader-minutes (modelled from measured gestures). Lines across: the teacher, and the ceiling (the pool with its truth). Shaded: 95% intervals, as far as the scale goes.",
    "판독 시간(측정한 조작으로 추정)에 따른 숨긴 시험 영상의 점수. 가로선은 교사와 상한(정답을 아는 풀), 음영은 눈금 안의 95% 신뢰구간입니다.",
  ],
  minutes: ["Reader-minutes", "판독 시간(분)"],
  arm: ["Arm", "방법"],
  score: ["score", "점수"],
  change: [(from: string) => `change from ${from}`, (from: string) => `${from} 대비 변화`],
  changeOf: [
    (score: string, question: string) => `Change of ${score}: ${question}`,
    (score: string, question: string) => `${score}의 변화: ${question}`,
  ],
  low: ["low", "하한"],
  high: ["high", "상한"],
  seeds: ["seeds", "시드"],
  steps: ["steps", "학습 단계"],
  none: ["Not measured yet.", "아직 재지 않았습니다."],
  seedsRun: [
    (n: number) => (n === 1 ? "One seed has run so far." : `${n} seeds have run so far.`),
    (n: number) => `지금까지 시드 ${n}개를 돌렸습니다.`,
  ],
  inPoints: [
    (change: string) => `Percentage points, ${change}; right of the line is better.`,
    (change: string) => `${change}, %p. 선의 오른쪽이 더 낫습니다.`,
  ],
  inPointsOf: [(n: string) => `${n} points`, (n: string) => `${n}% 포인트`],
});

/** Questions by the title of their table, less its budget. */
export const questions = inBoth({
  "No reader": ["Without a reader", "판독자가 없을 때"],
  "The loop": ["The loop beside its own reads", "감사 순환과 같은 판독만 쓴 대조군"],
});

export const arms = inBoth({
  supervised: ["teacher", "교사"],
  longer: ["teacher, longer", "교사를 더 학습"],
  unread: ["unread pseudo labels", "읽지 않은 의사 라벨"],
  "unread-anew": ["unread pseudo labels, from scratch", "읽지 않은 의사 라벨(처음부터)"],
  oracle: ["ceiling: the pool's truth", "상한: 풀의 정답"],
  overread: ["audited loop", "감사 순환"],
  reads: ["the same reads alone", "같은 판독만"],
  drawn: ["whole films drawn from nothing", "영상 전체를 처음부터 그림"],
});

export const readers = inBoth({
  noisy: ["noisy reader", "흔들리는 판독자"],
  anchored: ["anchored reader", "앵커링된 판독자"],
});

export const tasks = inBoth({
  easy: ["Easy task", "쉬운 과제"],
  hard: ["Hard task", "어려운 과제"],
  people: ["Films of people", "사람 영상"],
});

/** Claims by their name, less its task, its budget and the end of the interval that is meant. */
export const claims = inBoth({
  "unread-over-longer": [
    "unread pseudo labels gain over the teacher that goes on (lower end of the change)",
    "읽지 않은 의사 라벨이 더 학습한 교사보다 나음(변화 하한)",
  ],
  "unread-under-longer": [
    "unread pseudo labels lose to the teacher that goes on (upper end of the change)",
    "읽지 않은 의사 라벨이 더 학습한 교사보다 못함(변화 상한)",
  ],
  "unread-anew-under-longer": [
    "unread pseudo labels, from scratch, lose to the teacher that goes on (upper end of the change)",
    "읽지 않은 의사 라벨(처음부터)이 더 학습한 교사보다 못함(변화 상한)",
  ],
  "overread-over-longer": [
    "the audited loop gains over the teacher that goes on unread (lower end of the change)",
    "감사 순환이 읽지 않고 더 학습한 교사보다 나음(변화 하한)",
  ],
  "overread-over-reads": [
    "the audited loop gains over its own reads alone (lower end of the change)",
    "감사 순환이 같은 판독만 쓴 것보다 나음(변화 하한)",
  ],
  "minutes-to-what-drawn-films-reach": [
    "minutes of the loop to what whole films drawn from nothing reach, over theirs",
    "영상 전체를 그린 것에 이르는 감사 순환의 시간 ÷ 그리는 시간",
  ],
  "bounds-held": ["the gate's bounds held, share", "관문의 상한이 지켜진 비율"],
  "false-openings": [
    "findings that passed the gate with more wrong than was promised, share",
    "약속보다 많이 틀렸는데 관문을 통과한 소견의 비율",
  ],
});
