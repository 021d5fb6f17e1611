/** What the gate's pages say: estimates, certificates, what-if, bias, a film's story. */

import { inBoth } from "./language";

export const gate = inBoth({
  title: ["Measure and certify", "측정과 인증"],
  iteration: [(n: number) => `Iteration ${n}`, (n: number) => `반복 ${n}`],
  report: ["Report of this iteration", "이 반복의 보고서"],
  meaning: ["What these numbers are", "이 숫자들의 뜻"],
  toBias: ["Confirmation bias", "확증 편향"],
  estimates: ["What the pool is like", "풀의 상태"],
  live: [
    (done: number, all: number) =>
      `${done} of ${all} MEASURE reads. The band holds the truth with 95% confidence at every look: it may be watched.`,
    (done: number, all: number) =>
      `MEASURE 판독 ${all}건 중 ${done}건. 띠는 언제 보더라도 95% 신뢰도로 참값을 포함하므로 지켜봐도 됩니다.`,
  ],
  waiting: [
    (n: number) => `${n} of them wait: a film whose turn was earlier is not read yet.`,
    (n: number) => `이 중 ${n}건은 차례가 앞선 영상이 아직 판독되지 않아 대기 중입니다.`,
  ],
  cannotTell: [
    (n: number) => `${n} "cannot tell", counted in none of these.`,
    (n: number) => `"판정 불가" ${n}건은 제외.`,
  ],
  needed: [
    (n: number) => `${n} more reads for ± 5 points of error`,
    (n: number) => `오류율 ± 5%p까지 판독 ${n}건 더 필요`,
  ],
  error: ["Wrong labels", "잘못된 라벨"],
  dice: ["Mean Dice", "평균 Dice"],
  missed: ["Missed lesions", "놓친 병변"],
  prevalence: ["Prevalence", "유병률"],
  reads: ["reads", "판독 수"],
  value: ["Value", "값"],
  interval: ["95% interval", "95% 구간"],
  bySubgroup: ["Once all is read", "판독 완료 후"],
  whole: ["All", "전체"],
  subgroups: ["Bounds by source, site, view and sex", "출처·기관·촬영 방향·성별 한계"],
  noSubgroups: ["Nothing tells these films apart.", "이 영상들을 구분할 정보가 없습니다."],
  source: ["source", "출처"],
  site: ["site", "기관"],
  view: ["view", "촬영 방향"],
  sex: ["sex", "성별"],
  unknown: ["unknown", "알 수 없음"],
  slips: [
    (found: number, plants: number, refused: number, right: number) =>
      `Corrected by what readers let slip: they called ${found} of ${plants} planted errors wrong, and ${refused} of ${right} masks that others found right.`,
    (found: number, plants: number, refused: number, right: number) =>
      `판독자 실수로 보정: 심어 둔 오류 ${plants}건 중 ${found}건, 다른 판독자가 옳다고 본 마스크 ${right}건 중 ${refused}건을 틀렸다고 판정했습니다.`,
  ],
  unread: [
    "Not corrected for readers' slips: cases of this audit are not read yet.",
    "판독자 실수 보정 없음: 이 감사에 아직 판독되지 않은 사례가 있습니다.",
  ],
  disputed: [
    "Not corrected for readers' slips: two readers differ and nobody has decided yet.",
    "판독자 실수 보정 없음: 두 판독자의 의견이 다르며 아직 판정되지 않았습니다.",
  ],
  fewPlants: [
    "Not corrected for readers' slips: fewer than five planted errors were judged. Plan SENTINEL reads.",
    "판독자 실수 보정 없음: 판정된 심은 오류가 다섯 건 미만입니다. SENTINEL 판독을 계획하세요.",
  ],
  fewRight: [
    "Not corrected for readers' slips: fewer than five masks are known to be right. Plan second readers.",
    "판독자 실수 보정 없음: 옳다고 확인된 마스크가 다섯 건 미만입니다. 두 번째 판독자를 계획하세요.",
  ],
  chance: [
    "Not corrected: readers call right masks wrong as often as planted errors, so their reads tell nothing.",
    "보정 없음: 판독자가 옳은 마스크도 심은 오류만큼 자주 틀렸다고 하여 판독으로 알 수 있는 것이 없습니다.",
  ],
  method: ["By", "방법"],
  stratified: ["strata", "층화 추정"],
  difference: ["strata and predicted risk", "층화 + 예측 위험도"],
  ratio: ["its share of the reads", "해당 판독의 비율"],
  exact: ["exact interval", "정확 구간"],
  betting: ["betting bound", "베팅 한계"],
  corrected: ["corrected for readers' slips", "판독자 실수 보정"],
  certificates: ["Thresholds with a guarantee", "보증된 임계값"],
  dial: ["Risk α: at most this share of what is accepted is wrong", "위험도 α: 승인된 것 중 오류의 최대 비율"],
  left: [
    (n: number) =>
      `${n} MEASURE items are not read and count as wrong until they are. Look as often as you like; confirm when all are read.`,
    (n: number) =>
      `MEASURE ${n}건이 아직 판독되지 않아 판독될 때까지 틀린 것으로 셉니다. 언제든 봐도 되며, 모두 판독된 뒤 확정합니다.`,
  ],
  notDeclared: [
    (alpha: string) =>
      `This iteration declared α = ${alpha}. A risk chosen after looking is kept as such, and a laxer one does not pass the gate.`,
    (alpha: string) =>
      `이 반복은 α = ${alpha}로 선언되었습니다. 결과를 본 뒤 고른 위험도는 그렇게 기록되며, 더 느슨한 위험도는 관문을 통과하지 못합니다.`,
  ],
  confirm: ["Confirm these thresholds", "이 임계값 확정"],
  confirmed: ["Confirmed; kept for ever.", "확정되어 영구 보존됩니다."],
  side: ["Label", "라벨"],
  positive: ["positive", "양성"],
  negative: ["negative", "음성"],
  threshold: ["Threshold", "임계값"],
  withheld: ["withheld", "보류"],
  oneSided: [
    (value: string) => `${value}, withheld with the other side`,
    (value: string) => `${value}, 반대쪽과 함께 보류`,
  ],
  accepts: ["Accepts", "승인"],
  pixels: ["Pixels", "픽셀"],
  sources: ["From", "출처"],
  wrong: ["Expected wrong", "예상 오류"],
  why: ["By which reads", "근거 판독"],
  whatIf: ["If the next iteration learned from this", "다음 반복이 이것으로 학습한다면"],
  hand: ["By hand thresholds", "수동 임계값"],
  certified: ["Certified alone", "인증된 것만"],
  weighted: ["Certified, the rest by weight", "인증 + 나머지는 가중치"],
  enters: [
    (images: number, human: number, labels: number) =>
      `${labels} pseudo labels beside ${human} human masks, on ${images} films.`,
    (images: number, human: number, labels: number) =>
      `사람 마스크 ${human}건과 의사 라벨 ${labels}건, 영상 ${images}장.`,
  ],
  hours: [
    (hours: string) => `About ${hours} GPU-hours, by the runs of this iteration.`,
    (hours: string) => `이 반복의 학습 시간 기준 약 ${hours} GPU시간.`,
  ],
  noHours: ["GPU-hours: n/a, no run has ended.", "GPU시간: 없음, 끝난 학습이 없습니다."],
  labels: ["Labels", "라벨 수"],
  weight: ["Weight", "가중치 합"],
});

export const bias = inBoth({
  title: ["Confirmation bias", "확증 편향"],
  what: [
    "On HOLDOUT, which no network learned from; wrong items kept out of training have a row of their own. Red: all of the interval is bad; green: none of it; amber: undecided.",
    "어떤 망도 학습하지 않은 HOLDOUT에서 측정하고, 학습에서 제외한 오류는 따로 한 줄에 보입니다. 빨강: 구간 전체가 나쁨, 초록: 전혀 아님, 노랑: 미정.",
  ],
  over: ["Over the iterations", "반복에 따른 변화"],
  reinforcement: ["Wrong again in the same place", "같은 자리에서 다시 틀림"],
  "kept-out": ["Kept out and wrong again in the same place", "제외했으나 같은 자리에서 다시 틀림"],
  inflation: ["Confidence gained on wrong over right", "맞은 것보다 틀린 것에서 커진 확신"],
  agreement: ["Likeness of wrong over right masks", "맞은 것보다 틀린 마스크의 유사도"],
  persistence: ["Still wrong", "여전히 틀림"],
  fix: ["Repaired", "고쳐짐"],
  new: ["Newly wrong", "새로 틀림"],
  volume: ["Positives given ÷ there", "부여된 양성 ÷ 실제 양성"],
  selection: ["Wrong among labels trained on", "학습 라벨 중 오류"],
  drift: ["Rise of calibration error", "보정 오류 증가"],
  measure: ["Measure", "지표"],
  finding: ["Finding", "소견"],
  units: ["Items", "항목"],
  noStory: ["No teacher has labelled this film", "교사망이 라벨을 단 적이 없는 영상입니다"],
  poolAlone: [
    "Only films of the pool are labelled, once an iteration has.",
    "풀의 영상만, 반복이 라벨을 단 뒤에 표시됩니다.",
  ],
  red: ["red", "빨강"],
  amber: ["amber", "노랑"],
  green: ["green", "초록"],
  none: ["n/a: no data", "없음: 자료 없음"],
  films: [(n: number) => `The ${n} films behind this light`, (n: number) => `이 신호의 영상 ${n}장`],
  noFilms: ["No film stands behind this light.", "이 신호에 해당하는 영상이 없습니다."],
  empty: ["Nothing to measure yet", "아직 측정할 것이 없습니다"],
  emptyWhy: ["An iteration must have labelled the pool first.", "먼저 반복 학습이 영상에 라벨을 달아야 합니다."],
  story: ["The story of a film", "영상의 이력"],
  teacher: [(n: number) => `Teachers of iteration ${n}`, (n: number) => `반복 ${n}의 교사망`],
  unread: ["not read", "미판독"],
  drawsNothing: ["draws nothing", "표시 없음"],
});
