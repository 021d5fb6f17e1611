/** What plots and dashboards say. */

import { inBoth } from "./language";

export const figure = inBoth({
  table: ["Table", "표"],
  csv: ["CSV", "CSV 받기"],
  svg: ["SVG", "SVG 받기"],
  png: ["PNG", "PNG 받기"],
  download: [
    (kind: string, name: string) => `${kind}: ${name}`,
    (kind: string, name: string) => `${name}: ${kind} 받기`,
  ],
  failed: ["The plot could not be drawn", "그래프를 그릴 수 없습니다"],
});

export const dashboards = inBoth({
  title: ["Dashboards", "대시보드"],
  iteration: ["Iteration", "반복"],
  iterationNumber: [(n: number) => `Iteration ${n}`, (n: number) => `반복 ${n}`],
  finding: ["Finding", "소견"],
  source: ["Source", "출처"],
  low: ["low", "하한"],
  high: ["high", "상한"],
  value: ["Value", "값"],
  films: ["Films", "영상 수"],
  scores: ["Scores, iterations side by side", "반복별 성능"],
  scoresWhat: [
    (score: string, split: string) =>
      `${score} of the ensemble on ${split} films; bars are 95% intervals over patients. A finding without enough films is left out.`,
    (score: string, split: string) =>
      `${split} 영상에서 앙상블의 ${score}. 막대는 환자 단위 95% 신뢰구간. 영상이 부족한 소견은 제외합니다.`,
  ],
  external: ["external", "외부"],
  development: ["development", "개발"],
  overIterations: [(score: string) => `${score} over iterations`, (score: string) => `반복에 따른 ${score}`],
  interval: [(score: string) => `${score} (95% interval)`, (score: string) => `${score} (95% 신뢰구간)`],
  sensitivity: ["Sensitivity", "민감도"],
  specificity: ["Specificity", "특이도"],
  bySource: ["Scores by source", "출처별 성능"],
  bySourceWhat: [
    "The ensemble against the reference masks of one source; bars are 95% intervals over patients. Dice* is taken at the threshold that is best on all development films.",
    "한 출처의 기준 마스크에 대한 앙상블의 성능. 막대는 환자 단위 95% 신뢰구간. Dice*의 문턱값은 개발 영상 전체에서 정합니다.",
  ],
  noneBySource: ["They come with the next iteration that is evaluated.", "다음에 평가되는 반복부터 표시됩니다."],
  score: ["Score", "지표"],
  evaluatedSource: ["Source of reference masks", "기준 마스크의 출처"],
  ofSplit: [
    (source: string, split: string) => `${source} (${split})`,
    (source: string, split: string) => `${source} (${split})`,
  ],
  scoreOf: [
    (score: string, source: string) => `${score} on ${source}`,
    (score: string, source: string) => `${source}의 ${score}`,
  ],
  split: ["Split", "구분"],
  withFinding: ["With the finding", "소견 있음"],
  without: ["Without", "소견 없음"],
  agreement: ["Agreement with public labels, by source", "출처별 공개 라벨과의 일치"],
  agreementWhat: [
    "Dice: on the films whose public label marks something; a mask that marks nothing there is 0. Presence: the share of all films with a public label on which both mark something or both nothing. Public labels are nobody's truth: they are compared with, never trained on.",
    "Dice: 공개 라벨에 표시가 있는 영상에서의 값이며, 마스크가 비어 있으면 0입니다. 존재: 공개 라벨이 있는 모든 영상 중 둘 다 표시했거나 둘 다 비워 둔 비율. 공개 라벨은 정답이 아니며 비교만 할 뿐 학습에 쓰지 않습니다.",
  ],
  newer: ["newer labels", "이후 바뀐 라벨"],
  mended: [
    (labels: number) =>
      `${labels} public labels were mended since an iteration labelled these films: all iterations are compared with those that stand now.`,
    (labels: number) =>
      `이 영상에 라벨을 단 뒤 공개 라벨 ${labels}개가 바뀌었습니다. 모든 반복을 지금의 라벨과 비교합니다.`,
  ],
  change: ["Paired change since the iteration before", "직전 반복 대비 짝지은 변화"],
  changeWhat: [
    "The same measure on the very films that both iterations labelled; the table has both means of them, and their difference is the change. 95% intervals over patients. A bar that crosses zero is no change that is known of.",
    "두 반복이 모두 라벨을 단 같은 영상에서의 같은 지표. 표에는 그 영상들의 두 평균이 있으며, 그 차이가 변화입니다. 환자 단위 95% 신뢰구간. 0을 걸치는 막대는 확인된 변화가 아닙니다.",
  ],
  before: ["before", "이전"],
  after: ["after", "이후"],
  difference: ["change", "변화"],
  since: ["Since", "기준 반복"],
  curves: ["Training curves", "학습 곡선"],
  curvesWhat: [
    "Runs of any iteration over each other; D-AUC and Dice are of development films.",
    "여러 반복의 학습을 겹쳐 봅니다. D-AUC와 Dice는 개발 영상의 값입니다.",
  ],
  runs: ["Runs", "학습"],
  measure: ["Measure", "지표"],
  epoch: ["epoch", "에폭"],
  run: ["Run", "학습"],
  loss: ["loss", "손실"],
  maskLoss: ["mask loss", "마스크 손실"],
  classLoss: ["class loss", "분류 손실"],
  decisions: ["Pool decisions over iterations", "반복에 따른 풀 결정"],
  decisionsWhat: [
    "What each iteration's ensemble decided on every film, by finding.",
    "각 반복의 앙상블이 모든 영상에 내린 소견별 결정.",
  ],
  decision: ["Decision", "결정"],
  audits: ["Audit progress", "감사 진행"],
  auditsWhat: [
    "Findings read of those drawn, from the audit's opening on; the line at the top is all of them.",
    "감사를 연 뒤 뽑힌 소견 중 판독된 비율. 맨 위 선이 전부입니다.",
  ],
  readShare: ["findings read", "판독한 소견"],
  at: ["Time", "시각"],
  done: ["Read", "판독"],
  items: ["Drawn", "뽑힘"],
  none: ["Nothing to plot yet", "아직 그릴 것이 없습니다"],
  noneScores: ["Scores come with the first iteration that is evaluated.", "첫 반복이 평가되면 성능이 표시됩니다."],
  noneAgreement: [
    "No pool source of this project has public labels.",
    "이 프로젝트의 풀 출처에는 공개 라벨이 없습니다.",
  ],
  noneChange: ["It takes two iterations that labelled the same films.", "같은 영상에 라벨을 단 반복이 둘 필요합니다."],
  noneCurves: ["No run has finished an epoch.", "에폭을 마친 학습이 없습니다."],
  noneDecisions: ["No iteration has labelled the pool.", "풀에 라벨을 단 반복이 없습니다."],
  noneAudits: ["No finding was read yet.", "아직 판독된 소견이 없습니다."],
});

/** What masks and public labels are compared by. */
export const agreedOn = inBoth({
  dice: ["Dice where the label marks something", "라벨에 표시가 있는 영상의 Dice(다이스)"],
  presence: ["Presence, all films", "존재 여부, 모든 영상"],
});
