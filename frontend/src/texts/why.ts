/** What the page says that tells why an iteration's scores rose or fell. */

import { inBoth } from "./language";

export const why = inBoth({
  title: ["Why it rose or fell", "왜 오르거나 내렸나"],
  link: ["Why", "이유"],
  beside: [
    (after: number, before: number) => `Iteration ${after} beside iteration ${before}`,
    (after: number, before: number) => `반복 ${before}과 비교한 반복 ${after}`,
  ],
  scores: ["Scores, before and after", "성능, 이전과 이후"],
  scoresWhat: [
    (score: string, split: string) =>
      `${score} of both ensembles on ${split} films; bars are 95% intervals over patients, of each iteration by itself and not of the change.`,
    (score: string, split: string) =>
      `${split} 영상에서 두 앙상블의 ${score}. 막대는 환자 단위 95% 신뢰구간이며, 변화가 아니라 각 반복 자체의 구간입니다.`,
  ],
  noScores: ["No films were scored in both iterations.", "두 반복 모두에서 평가된 영상이 없습니다."],
  unlike: ["Unlike things compared", "같지 않은 것의 비교"],
  unlikeWhat: [
    "Beside what was learned from, this differs too. Each may move a score by itself.",
    "학습한 내용 말고도 다음이 다릅니다. 하나하나가 성능을 바꿀 수 있습니다.",
  ],
  alike: [
    "Networks, sizes, epochs, seeds, thresholds, code and the numbers of test films are alike.",
    "망, 크기, 에폭, 시드, 임계값, 코드, 시험 영상 수가 같습니다.",
  ],
  films: ["Films that moved", "달라진 영상"],
  filmsWhat: [
    "Where people said what is there, both masks are measured against that. This is no score: units were read for many reasons, and a mask that was accepted is its own truth, from which the next can only go away. What an open audit waits for is left out.",
    "사람이 판단한 곳에서 두 마스크를 그 판단과 비교합니다. 성능이 아닙니다. 판독한 이유가 여러 가지이며, 승인된 마스크는 그 자체가 정답이라 다음 마스크는 멀어질 수만 있습니다. 열린 감사가 기다리는 영상은 제외합니다.",
  ],
  noFilms: [
    "No film that both iterations labelled has people's word yet.",
    "두 반복이 모두 라벨을 단 영상 중 사람이 판단한 것이 아직 없습니다.",
  ],
  finding: ["Finding", "소견"],
  learnedFrom: ["Learned from what people said of it", "사람의 판단을 학습에 씀"],
  notLearned: ["Not learned from", "학습에 쓰지 않음"],
  group: [
    (nearer: number, away: number, same: number) =>
      `${nearer} nearer to people's mask, ${away} further away, ${same} as before`,
    (nearer: number, away: number, same: number) =>
      `사람의 마스크에 가까워짐 ${nearer}, 멀어짐 ${away}, 그대로 ${same}`,
  ],
  mean: [(gain: string) => `in the mean ${gain}`, (gain: string) => `평균 ${gain}`],
  gained: ["Gained most", "가장 좋아진 영상"],
  lost: ["Lost most", "가장 나빠진 영상"],
  none: ["None.", "없음."],
  ofBoth: [
    (finding: string, before: string, after: string) => `${finding} ${before} → ${after}`,
    (finding: string, before: string, after: string) => `${finding} ${before} → ${after}`,
  ],
  people: ["People", "사람"],
  iteration: [(n: number) => `Iteration ${n}`, (n: number) => `반복 ${n}`],
  dice: [
    (before: string, after: string) => `Dice ${before} → ${after}`,
    (before: string, after: string) => `Dice(다이스) ${before} → ${after}`,
  ],
  rightlyEmpty: ["rightly empty", "빈 것이 맞음"],
  readAs: [(verdict: string) => `read: ${verdict}`, (verdict: string) => `판독: ${verdict}`],
  learned: ["learned from", "학습에 씀"],
  readBlind: ["read blind (HOLDOUT)", "맹검 판독(HOLDOUT)"],
  open: ["Compare", "비교"],
  openFilm: [(film: string) => `Compare ${film}`, (film: string) => `${film} 비교`],
  recipes: ["Recipes", "레시피"],
  sameRecipe: ["The same settings.", "설정이 같습니다."],
  setting: ["Setting", "설정"],
  entered: ["What entered, from whom", "무엇이 누구에게서 들어왔나"],
  contourAlone: [
    "It learned contours alone from them: their negatives are in the training set, and taught nothing.",
    "윤곽만 배웠으므로 그중 음성은 학습 집합에 있어도 아무것도 가르치지 않았습니다.",
  ],
  from: ["From", "출처"],
  withLesion: ["With a lesion", "병변 있음"],
  without: ["Without", "병변 없음"],
  references: [(source: string) => `reference masks of ${source}`, (source: string) => `${source}의 기준 마스크`],
  reads: [
    (n: number, stream: string, verdict: string) => `reads of iteration ${n}: ${stream}, ${verdict}`,
    (n: number, stream: string, verdict: string) => `반복 ${n}의 판독: ${stream}, ${verdict}`,
  ],
  labels: [
    (n: number, decision: string) => `labels of iteration ${n}: ${decision}`,
    (n: number, decision: string) => `반복 ${n}의 라벨: ${decision}`,
  ],
  withheld: [(findings: string) => `Withheld: ${findings}.`, (findings: string) => `보류: ${findings}.`],
  refresh: ["A refresh: teachers anew, without machine labels.", "교사망 갱신: 기계 라벨 없이 새로 학습했습니다."],
});

/** How machine labels came in. */
export const enteredBy = inBoth({
  hand: [
    "Machine labels entered by hand thresholds, every decided one.",
    "기계 라벨은 수동 임계값으로 판정된 것이 모두 들어왔습니다.",
  ],
  certified: [
    "Machine labels entered inside certified thresholds alone.",
    "기계 라벨은 인증된 임계값 안의 것만 들어왔습니다.",
  ],
  weighted: [
    "Machine labels entered inside certified thresholds, the rest by how likely they are wrong.",
    "기계 라벨은 인증된 임계값 안의 것과, 나머지는 오류 가능성에 따른 가중치로 들어왔습니다.",
  ],
});

/** What is not alike, with both values; of test films also the finding. */
export const unlikes = inBoth({
  networks: [
    (before: string, after: string) => `Networks of the ensemble: ${before} before, ${after} now.`,
    (before: string, after: string) => `앙상블의 망: 이전 ${before}, 지금 ${after}.`,
  ],
  parameters: [
    (before: string, after: string) => `Parameters, network by network: ${before} before, ${after} now.`,
    (before: string, after: string) => `망별 매개변수: 이전 ${before}, 지금 ${after}.`,
  ],
  epochs: [
    (before: string, after: string) => `Epochs trained, network by network: ${before} before, ${after} now.`,
    (before: string, after: string) => `망별 학습 에폭: 이전 ${before}, 지금 ${after}.`,
  ],
  size: [
    (before: string, after: string) => `Size of films in training, px: ${before} before, ${after} now.`,
    (before: string, after: string) => `학습 영상 크기(px): 이전 ${before}, 지금 ${after}.`,
  ],
  seeds: [
    (before: string, after: string) => `Seeds: ${before} before, ${after} now. Another seed alone moves a score.`,
    (before: string, after: string) => `시드: 이전 ${before}, 지금 ${after}. 시드만 달라도 성능은 움직입니다.`,
  ],
  code: ["Other code: another version of the program trained it.", "코드가 다름: 다른 버전의 프로그램이 학습했습니다."],
  thresholds: [
    (before: string, after: string) =>
      `Thresholds of pseudo labels (mask / positive / negative): ${before} before, ${after} now. Films may move by that alone.`,
    (before: string, after: string) =>
      `의사 라벨의 임계값(마스크 / 양성 / 음성): 이전 ${before}, 지금 ${after}. 그것만으로도 영상이 달라질 수 있습니다.`,
  ],
  "test-films": [
    (before: string, after: string, finding: string) =>
      `${finding}, test films (with it + without): ${before} before, ${after} now.`,
    (before: string, after: string, finding: string) =>
      `${finding}, 시험 영상(있음 + 없음): 이전 ${before}, 지금 ${after}.`,
  ],
  "test-masks": [
    (films: string, finding: string) =>
      `${finding}: the reference mask of ${films} test films was replaced by a newer one in between.`,
    (films: string, finding: string) =>
      `${finding}: 그 사이에 시험 영상 ${films}장의 기준 마스크가 새것으로 바뀌었습니다.`,
  ],
  "test-sources": [
    (before: string, after: string) => `Test films from ${before} before, from ${after} now.`,
    (before: string, after: string) => `시험 영상의 출처: 이전 ${before}, 지금 ${after}.`,
  ],
  "test-split": [
    (before: string, after: string) => `Scored on ${before} films before, on ${after} films now.`,
    (before: string, after: string) => `평가한 영상: 이전 ${before}, 지금 ${after}.`,
  ],
});
