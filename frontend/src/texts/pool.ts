/** What the pool explorer says. */

import { inBoth } from "./language";

export const pool = inBoth({
  title: ["Pool", "풀"],
  iteration: [(n: number) => `Iteration ${n}`, (n: number) => `반복 ${n}`],
  films: [(n: number) => `${n.toLocaleString("en")} films`, (n: number) => `영상 ${n.toLocaleString("ko")}장`],
  audited: ["what the open audit drew is not here", "진행 중인 감사가 뽑은 것은 여기에 없음"],
  finding: ["Finding", "소견"],
  confidence: ["Confidence", "신뢰도"],
  area: ["Area, px", "면적(px)"],
  changed: ["Change since the iteration before, 1 − Dice", "이전 반복과의 차이, 1 − Dice"],
  all: ["All", "전체"],
  wholeRange: ["all", "전체"],
  span: [(low: string, high: string) => `${low} to ${high}`, (low: string, high: string) => `${low}~${high}`],
  bar: [
    (label: string, films: string, range: string) => `${label}: ${films} films, ${range}`,
    (label: string, films: string, range: string) => `${label}: 영상 ${films}장, ${range}`,
  ],
  from: [(label: string) => `${label}, from`, (label: string) => `${label}, 하한`],
  to: [(label: string) => `${label}, to`, (label: string) => `${label}, 상한`],
  sort: ["Sort", "정렬"],
  decision: ["Decision", "결정"],
  source: ["Source", "출처"],
  site: ["Site", "기관"],
  view: ["View", "촬영 방향"],
  unknown: ["unknown", "알 수 없음"],
  masks: ["Masks", "마스크"],
  filmsList: ["Films", "영상 목록"],
  loading: ["Loading", "불러오는 중"],
  // It holds what stands under the film, word for word: who speaks to the page says what they see.
  tile: [
    (film: string, shown: string) => `${film}, ${shown} confidence`,
    (film: string, shown: string) => `${film}, ${shown} 신뢰도`,
  ],
  nothingLabelled: ["Nothing is labelled yet", "아직 라벨이 없습니다"],
  nothingLabelledWhy: [
    "The pool can be looked through once an ensemble labelled it.",
    "앙상블이 풀에 라벨을 단 뒤에 볼 수 있습니다.",
  ],
  noFilm: ["No film is like that", "해당하는 영상이 없습니다"],
  showAll: ["Show all films", "모든 영상 보기"],
  hint: [
    "Click a film to choose it, Shift+click for all up to it; double-click to compare.",
    "클릭하면 선택, Shift+클릭하면 그 사이 모두 선택, 두 번 클릭하면 비교합니다.",
  ],
  chosen: [(n: number) => `${n} chosen`, (n: number) => `${n}장 선택됨`],
  toWorklist: ["To the worklist", "판독 목록으로"],
  haveRead: ["Have them read", "판독 요청"],
  chooseNone: ["Choose none", "선택 해제"],
  auditShut: ["Its audit is not open: nothing can be added.", "감사가 열려 있지 않아 추가할 수 없습니다."],
  atMost: [(n: number) => `At most ${n} at once.`, (n: number) => `한 번에 최대 ${n}장.`],
  added: [(n: number) => `${n} put on the FIX list`, (n: number) => `${n}건을 수정 목록에 추가함`],
  already: [(n: number) => `${n} were in the audit already`, (n: number) => `${n}건은 이미 감사에 있음`],
  beingRead: [
    (n: number) => `${n} are being read just now: try again later`,
    (n: number) => `${n}건은 지금 판독 중이므로 나중에 다시 시도하세요`,
  ],
});

export const orders = inBoth({
  risk: ["Risk, highest first", "위험 높은 순"],
  agreement: ["Agreement of the ensemble, lowest first", "앙상블 일치도 낮은 순"],
  variance: ["Variance of the ensemble, highest first", "앙상블 분산 높은 순"],
  presence: ["Confidence, highest first", "신뢰도 높은 순"],
  area: ["Area, largest first", "면적 큰 순"],
  changed: ["Change since the iteration before, largest first", "이전 반복과 많이 다른 순"],
});

export const decisions = inBoth({
  positive: ["positive", "양성"],
  negative: ["negative", "음성"],
  uncertain: ["uncertain", "불확실"],
});
