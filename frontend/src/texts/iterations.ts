/** What an iteration says: its panels, runs, gate and the form that launches the next. */

import { inBoth } from "./language";

export const iterations = inBoth({
  title: ["Iterations", "반복 학습"],
  toImport: ["Import", "가져오기"],
  number: [(n: number) => `Iteration ${n}`, (n: number) => `반복 ${n}`],
  source: [
    (name: string, films: number, masks: number, pool: boolean) =>
      `${name}: ${films} films, ${masks} ${pool ? "public labels" : "reference masks"}`,
    (name: string, films: number, masks: number, pool: boolean) =>
      `${name}: 영상 ${films}장, ${pool ? "공개 라벨" : "기준 마스크"} ${masks}개`,
  ],
  nothing: ["Nothing trained yet", "아직 학습된 것이 없습니다"],
  noFilm: [
    "There is no film yet either: `overread import` brings a labelled source and a pool.",
    "아직 영상도 없습니다. `overread import`로 라벨 있는 출처와 풀을 가져오세요.",
  ],
  first: [
    "Iteration 0 trains on the reference masks alone. Choose its recipes and launch it.",
    "반복 0은 기준 마스크만으로 학습합니다. 레시피를 골라 시작하세요.",
  ],
  set: [
    (films: string, parts: string) => `${films} films with ${parts}`,
    (films: string, parts: string) => `영상 ${films}장, ${parts}`,
  ],
  nobodyHas: [
    (findings: string) => `No film it learns from has ${findings}: networks learn only that it is absent.`,
    (findings: string) => `학습 영상에 ${findings}이(가) 있는 영상이 없어, 없다는 것만 학습합니다.`,
  ],
  everybodyHas: [
    (findings: string) => `Every film it learns from has ${findings}: networks learn only that it is there.`,
    (findings: string) => `모든 학습 영상에 ${findings}이(가) 있어, 있다는 것만 학습합니다.`,
  ],
  nobodyTells: [
    (findings: string) => `No film it learns from tells of ${findings}: networks learn nothing of it.`,
    (findings: string) => `학습 영상에 ${findings} 라벨이 없어, 아무것도 학습하지 못합니다.`,
  ],
  references: [(n: string) => `${n} reference masks`, (n: string) => `기준 마스크 ${n}개`],
  reads: [(n: string) => `${n} reads`, (n: string) => `판독 ${n}건`],
  pseudo: [(n: string) => `${n} pseudo labels`, (n: string) => `의사 라벨 ${n}개`],
  cancel: ["Cancel", "취소"],
  resume: ["Resume", "재개"],
  audit: ["Audit", "감사"],
  pool: ["Pool", "풀"],
  compare: ["Compare", "비교"],
  measured: ["Measure", "측정"],
  progressOf: [(what: string) => `${what} progress`, (what: string) => `${what} 진행`],
  stalled: ["stalled: its worker is silent", "멈춤: 작업자가 응답하지 않음"],
  labels: ["Pseudo labels", "의사 라벨"],
  counts: [
    (positive: number, uncertain: number, negative: number) =>
      `${positive} positive · ${uncertain} uncertain · ${negative} negative`,
    (positive: number, uncertain: number, negative: number) =>
      `양성 ${positive} · 불확실 ${uncertain} · 음성 ${negative}`,
  ],
});

export const roles = inBoth({
  labelled: ["labelled", "라벨 있음"],
  external: ["external", "외부"],
  pool: ["pool", "풀"],
});

export const stages = inBoth({
  planned: ["planned", "계획됨"],
  training: ["training", "학습 중"],
  labelling: ["labelling", "라벨링 중"],
  auditing: ["auditing", "감사 중"],
  closed: ["closed", "종료"],
  failed: ["failed", "실패"],
  cancelled: ["cancelled", "취소됨"],
});

export const jobs = inBoth({
  label: ["Label the pool", "풀 라벨링"],
  evaluate: ["Evaluate", "평가"],
  audit: ["Draw the audit", "감사 추출"],
});

export const states = inBoth({
  queued: ["queued", "대기"],
  running: ["running", "실행 중"],
  done: ["done", "완료"],
  failed: ["failed", "실패"],
  cancelled: ["cancelled", "취소됨"],
});

export const run = inBoth({
  trainingOf: [(name: string) => `training of ${name}`, (name: string) => `${name} 학습`],
  lossOf: [(name: string) => `Loss of ${name}`, (name: string) => `${name}의 손실`],
  epoch: ["epoch", "에폭"],
  loss: ["loss", "손실"],
  losses: [
    (all: string, classes: string, masks: string) => `loss ${all} (⋯ class ${classes}, ╌ mask ${masks})`,
    (all: string, classes: string, masks: string) => `손실 ${all} (⋯ 분류 ${classes}, ╌ 마스크 ${masks})`,
  ],
  pool: [(value: string) => `pool ${value}`, (value: string) => `풀 ${value}`],
  development: ["(development)", "(개발 영상)"],
  tooFew: [
    "Too few development films to stop by: it takes all its epochs, and its last weights are published.",
    "조기 종료를 판단할 개발 영상이 부족합니다. 모든 에폭을 학습하고 마지막 가중치를 씁니다.",
  ],
  parameters: [(n: string) => `${n} parameters, `, (n: string) => `매개변수 ${n}개, `],
  pace: [
    (speed: string, truth: string, step: string) => `${speed} images/s, ${truth}% human truth, step size ${step}`,
    (speed: string, truth: string, step: string) => `초당 ${speed}장, 사람 정답 ${truth}%, 학습률 ${step}`,
  ],
  waits: [(share: string) => `, ${share}% waiting for films`, (share: string) => `, 영상 대기 ${share}%`],
  saw: [
    "What it saw, and its development films (reference in colour, prediction white)",
    "학습에 쓴 영상과 개발 영상 (색: 기준, 흰색: 예측)",
  ],
  batch: ["A mini-batch as the network saw it", "망이 본 미니배치"],
  worst: ["Worst development films", "가장 나쁜 개발 영상"],
  best: ["Best development films", "가장 좋은 개발 영상"],
  doneIn: [(time: string) => `done in ${time}`, (time: string) => `${time}에 완료`],
  waiting: ["waiting for a worker", "작업자 대기"],
  at: [
    (epoch: number, all: number, left: string) => `epoch ${epoch} of ${all}, ${left} left`,
    (epoch: number, all: number, left: string) => `${all} 에폭 중 ${epoch}, ${left} 남음`,
  ],
});

export const gate = inBoth({
  whenClosed: [
    "What the gate counts is told to readers once the audit is closed: it would tell which films are measured.",
    "관문의 수치는 감사가 끝난 뒤 판독자에게 공개됩니다. 어떤 영상이 측정용인지 드러나기 때문입니다.",
  ],
  title: ["Gate", "관문"],
  open: ["open", "열림"],
  overridden: ["overridden", "예외 승인"],
  shut: ["shut", "닫힘"],
  key: [
    (confidence: string, alpha: string) => `bar: error at most, with ${confidence} confidence · mark: α = ${alpha}`,
    (confidence: string, alpha: string) => `막대: 오류 상한(신뢰도 ${confidence}) · 표시: α = ${alpha}`,
  ],
  passed: ["passed", "통과"],
  failed: ["failed", "미통과"],
  bound: [
    (finding: string, bound: string, limit: string) => `${finding}: error bound ${bound}, limit ${limit}`,
    (finding: string, bound: string, limit: string) => `${finding}: 오류 상한 ${bound}, 한도 ${limit}`,
  ],
});

/** A button that has more of a stream read, and what it says once that is drawn. */
export const more = inBoth({
  MEASURE: [(n: number) => `Have ${n} more read`, (n: number) => `${n}건 더 판독`],
  HOLDOUT: [(n: number) => `Have ${n} more patients read`, (n: number) => `환자 ${n}명 더 판독`],
  SENTINEL: [(n: number) => `Plant ${n} more errors`, (n: number) => `오류 ${n}건 더 심기`],
});
export const added = inBoth({
  MEASURE: [(n: number) => `${n} more to read`, (n: number) => `판독 ${n}건 추가됨`],
  HOLDOUT: [(n: number) => `${n} more patients to read`, (n: number) => `환자 ${n}명 추가됨`],
  SENTINEL: [(n: number) => `${n} more errors planted`, (n: number) => `오류 ${n}건 추가됨`],
});

/** The gate's clauses by their names; English has the server's own sentences, which hold more. */
export const clauses = inBoth({
  "enough-reads": [
    (finding: string, value: string, limit: string) => `${finding}: ${value} MEASURE reads, ${limit} asked for.`,
    (finding: string, value: string, limit: string) => `${finding}: MEASURE 판독 ${value}건, ${limit}건 필요.`,
  ],
  "certified-error": [
    (finding: string, value: string, limit: string) => `${finding}: wrong at most ${value}, limit ${limit}.`,
    (finding: string, value: string, limit: string) =>
      `${finding}: 아무도 판독하지 않은 라벨의 오류 상한 ${value}, 한도 α = ${limit}(오류: 판독자가 틀렸다고 한 것, "true"로 선언했으면 실제 오류).`,
  ],
  withheld: [
    (finding: string) => `${finding} adds nothing to the next training set.`,
    (finding: string) => `${finding}: 다음 학습 집합에 더하지 않습니다.`,
  ],
  "holdout-regression": [
    (finding: string, value: string, limit: string) => `${finding}: change at least ${value}, must exceed ${limit}.`,
    (finding: string, value: string, limit: string) => `${finding}: HOLDOUT 변화 하한 ${value}, ${limit}보다 커야 함.`,
  ],
  "subgroup-regression": [
    (finding: string, value: string, limit: string) => `${finding}: subgroup change ${value}, must exceed ${limit}.`,
    (finding: string, value: string, limit: string) =>
      `${finding}: 하위 집단 변화 하한 ${value}, ${limit}보다 커야 함.`,
  ],
  "reader-trust": [
    (_: string, value: string, limit: string) =>
      `Readers found ${value} of planted errors; that they find only ${limit} must be refuted.`,
    (_: string, value: string, limit: string) =>
      `판독자가 찾은 심어 둔 오류 ${value}. ${limit}밖에 못 찾을 가능성이 배제되어야 합니다.`,
  ],
  ungated: [
    () => "Weighted labels are taught with nothing that bounds how wrong they are.",
    () => "가중치 라벨은 오류가 얼마나 되는지 보장하는 것이 없습니다.",
  ],
  "error-reinforcement": [
    (finding: string, value: string, limit: string) =>
      `${finding}: ${value} of wrong masks come back, red from ${limit}.`,
    (finding: string, value: string, limit: string) =>
      `${finding}: 틀린 마스크가 같은 자리에 다시 나온 비율 ${value} 이상, 위험 기준 ${limit}.`,
  ],
});

export const launch = inBoth({
  atWork: [(n: number) => `Iteration ${n} is at work`, (n: number) => `반복 ${n} 진행 중`],
  atWorkWhat: [
    (n: number) => `It trains, labels the pool and draws an audit. When that is read, iteration ${n} is launched here.`,
    (n: number) => `학습하고 풀에 라벨을 달고 감사를 뽑습니다. 판독이 끝나면 여기서 반복 ${n}을 시작합니다.`,
  ],
  title: [(n: number) => `Launch iteration ${n}`, (n: number) => `반복 ${n} 시작`],
  recipes: ["Recipes", "레시피"],
  recipesWhat: ["One network each; several make an ensemble.", "하나에 망 하나씩. 여럿이면 앙상블이 됩니다."],
  choose: ["Choose one or more", "하나 이상 고르세요"],
  alpha: ["α, the error let through", "α, 허용 오류"],
  alphaWhat: ["Share of unacceptable pseudo labels a finding may have.", "소견별로 허용되는 잘못된 의사 라벨의 비율."],
  measure: ["MEASURE reads a finding", "소견당 MEASURE 판독"],
  measureWhat: ["Drawn at random; the gate rests on them.", "무작위로 뽑으며 관문의 근거가 됩니다."],
  fix: ["FIX reads, at most", "FIX 판독 상한"],
  fixWhat: ["At most so many, for repair.", "고치기 위한 판독이며 이 수를 넘지 않습니다."],
  fixBy: ["What FIX reads", "FIX가 읽는 것"],
  fixByWhat: [
    "Opening a film takes most of a read's time; a further finding on it takes little.",
    "판독 시간은 대부분 영상을 여는 데 듭니다. 같은 영상의 다른 소견은 금방 읽습니다.",
  ],
  fixByFilm: ["the rest of the films that are looked at", "이미 보는 영상의 나머지 소견"],
  fixByRisk: ["the riskiest labels, wherever they are", "위치와 상관없이 가장 위험한 라벨"],
  sentinel: ["SENTINEL reads", "SENTINEL 판독"],
  sentinelWhat: ["They show how far readers can be trusted.", "판독자를 얼마나 믿을 수 있는지 보여 줍니다."],
  holdout: ["HOLDOUT reads", "HOLDOUT 판독"],
  holdoutWhat: [
    "New units of films that are never trained on, read blind; those read before count again by themselves.",
    "학습에 쓰지 않는 영상의 새 항목을 마스크 없이 먼저 읽습니다. 이미 읽은 것은 다시 읽지 않고 계속 쓰입니다.",
  ],
  minReads: ["Reads the gate asks for", "관문이 요구하는 판독 수"],
  minReadsWhat: ["Per finding.", "소견당."],
  seed: ["Seed", "시드"],
  seedWhat: ["Of weights and order; the draw has one of its own.", "가중치와 순서의 시드. 추출은 따로 정합니다."],
  withhold: ["Withhold findings", "소견 보류"],
  withholdWhat: ["They add no pseudo labels to this training set.", "이 학습 집합에 의사 라벨을 더하지 않습니다."],
  refresh: ["Refresh the teachers", "교사망 갱신"],
  refreshWhat: [
    "Learn from truth and reads alone, without pseudo labels, and label the pool again.",
    "의사 라벨 없이 정답과 판독만으로 학습하고 풀에 다시 라벨을 답니다.",
  ],
  declared: [
    (confidence: string, errors: "called" | "true", family: "finding" | "project", margin: number) =>
      `Promised with ${confidence} confidence ${family === "project" ? "for the whole project" : "for each finding and audit"}, of what ${errors === "true" ? "is wrong" : "readers call wrong"}; on HOLDOUT right labels may fall by ${margin}.`,
    (confidence: string, errors: "called" | "true", family: "finding" | "project", margin: number) =>
      `${family === "project" ? "프로젝트 전체" : "소견과 감사마다"} 신뢰도 ${confidence}, 기준은 ${errors === "true" ? "실제 오류" : "판독자가 틀렸다고 한 것"}. HOLDOUT 허용 하락 ${margin}.`,
  ],
  teaches: ["Labels that nobody read may teach", "판독하지 않은 라벨이 가르칠 것"],
  teachesWhat: [
    "What the next iteration may learn from them; this audit and its gate speak of just that.",
    "다음 반복이 배울 수 있는 것입니다. 이 감사와 관문은 그것만 판단합니다.",
  ],
  teachesAll: ["presence and contour", "유무와 윤곽"],
  teachesContour: ["the contour of positives; people alone teach presence", "양성의 윤곽만, 유무는 사람만 가르침"],
  thresholds: ["Pseudo labels enter", "의사 라벨 선택"],
  thresholdsWhat: [
    "Certified thresholds are confirmed on the Measure page of the iteration before.",
    "인증된 임계값은 이전 반복의 측정 페이지에서 확정합니다.",
  ],
  byHand: ["by hand thresholds, every decided one", "수동 임계값으로 판정된 것 모두"],
  certified: ["inside certified thresholds alone", "인증된 임계값 안의 것만"],
  weighted: [
    "certified, the rest by how likely it is wrong (not gated)",
    "인증된 것과, 나머지는 오류 가능성에 따른 가중치로 (관문 보장 없음)",
  ],
  override: ["Override, with your name", "본인 이름으로 예외 승인"],
  overrideWhat: ["The reason stays on every later report.", "사유는 이후 모든 보고서에 남습니다."],
  launch: ["Launch", "시작"],
  overrideLaunch: ["Override and launch", "예외 승인하고 시작"],
  shut: ["The gate is shut", "관문이 닫혀 있습니다"],
  ways: [
    "Read on, withhold what failed, or override below.",
    "계속 판독하거나, 미통과 소견을 보류하거나, 아래에서 예외 승인하세요.",
  ],
  withholdThese: [
    (n: number) => `Withhold ${n === 1 ? "it" : `these ${n}`}`,
    (n: number) => (n === 1 ? "보류하기" : `${n}개 보류하기`),
  ],
});

export const times = inBoth({
  seconds: [(n: number) => `${n} s`, (n: number) => `${n}초`],
  minutes: [(m: number, s: number) => `${m} min ${s} s`, (m: number, s: number) => `${m}분 ${s}초`],
});
