/** What every page says: the bar, the states, findings, verdicts, signing in, the first visit. */

import { inBoth } from "./language";

export const app = inBoth({
  skip: ["To the page", "본문으로 건너뛰기"],
  outOfDate: [
    "The server does not answer: what is shown may be out of date.",
    "서버가 응답하지 않습니다. 표시된 내용이 최신이 아닐 수 있습니다.",
  ],
  people: ["People", "사용자"],
  trail: ["Trail", "변경 기록"],
  signOut: ["Sign out", "로그아웃"],
  signOutAgain: ["Sign out: no answer, try again", "로그아웃: 응답 없음, 다시 시도"],
  appearance: ["Appearance", "화면 모드"],
  asSystem: ["As the system", "시스템 설정"],
  light: ["Light", "밝게"],
  dark: ["Dark", "어둡게"],
  language: ["Language", "언어"],
  loading: ["Loading", "불러오는 중"],
  wentWrong: ["Something went wrong", "문제가 발생했습니다"],
  tryAgain: ["Try again", "다시 시도"],
  noPage: ["There is no such page", "없는 페이지입니다"],
  toIterations: ["To the iterations", "반복 학습으로"],
  notShown: ["This page could not be shown", "이 페이지를 표시할 수 없습니다"],
  waiting: [
    (n: number) =>
      `${n === 1 ? "A read is" : `${n} reads are`} not saved yet; kept here, sent when the server answers.`,
    (n: number) => `아직 저장되지 않은 판독 ${n}건: 여기에 보관되며 서버가 응답하면 전송됩니다.`,
  ],
  notAvailable: ["n/a", "없음"],
  allFindings: ["All findings", "모든 소견"],
});

export const troubles = inBoth({
  disk: [
    "The disk is full: nothing new is saved until somebody makes room.",
    "디스크가 가득 찼습니다. 공간을 확보할 때까지 새로 저장되지 않습니다.",
  ],
  restart: [
    "The database is being started again. What was saved is not lost.",
    "데이터베이스를 다시 시작하는 중입니다. 저장된 내용은 사라지지 않습니다.",
  ],
  database: [
    "The database does not answer. What was saved is not lost.",
    "데이터베이스가 응답하지 않습니다. 저장된 내용은 사라지지 않습니다.",
  ],
  broker: [
    "The queue of jobs does not answer: jobs wait; reading goes on.",
    "작업 대기열이 응답하지 않습니다. 작업은 대기하며 판독은 계속할 수 있습니다.",
  ],
  worker: ["No worker is running: jobs wait.", "실행 중인 작업자가 없어 작업이 대기합니다."],
});

export const findings = inBoth({
  consolidation: ["Consolidation", "경화"],
  pneumothorax: ["Pneumothorax", "기흉"],
  fibrosis: ["Fibrosis", "섬유화"],
  pleural_effusion: ["Pleural effusion", "흉막삼출"],
  nodule: ["Nodule", "결절"],
});

export const verdicts = inBoth({
  accept: ["accepted", "승인"],
  fix: ["fixed", "수정됨"],
  reject: ["no lesion", "병변 없음"],
  cannot_tell: ["cannot tell", "판정 불가"],
});

export const entry = inBoth({
  motto: [
    "A teacher proposes, you overread, the student learns only from what survived.",
    "교사망이 제안하고, 당신이 재판독하며, 학생망은 통과한 것만 배웁니다.",
  ],
  name: ["Name", "이름"],
  password: ["Password", "비밀번호"],
  newPassword: ["Choose a password to come back with", "다음에 사용할 비밀번호"],
  passwordHint: [
    "12 characters or more. You may leave it empty and ask for a new link.",
    "12자 이상. 비워 두고 새 링크를 요청할 수도 있습니다.",
  ],
  showPassword: ["Show the password", "비밀번호 표시"],
  refused: ["You are not signed in", "로그인되지 않았습니다"],
  signIn: ["Sign in", "로그인"],
  noPassword: [
    "No password yet? Ask an admin for a one-time link, or look at what the server printed when it started.",
    "비밀번호가 없다면 관리자에게 일회용 링크를 요청하거나 서버가 시작할 때 출력한 내용을 확인하세요.",
  ],
});

export const firstVisit = inBoth({
  title: ["Nothing here yet: two steps to the first read", "아직 비어 있습니다. 첫 판독까지 두 단계"],
  what: [
    "Overread lets a teacher network label unlabelled chest films, has people read a sample of its masks, and trains the next network only on what passed.",
    "Overread는 교사망이 라벨 없는 흉부 영상에 라벨을 달게 하고, 사람이 그 마스크의 표본을 판독한 뒤, 통과한 것만으로 다음 망을 학습합니다.",
  ],
  path: ["The path", "과정"],
  train: ["Train a teacher on the reference masks.", "기준 마스크로 교사망을 학습합니다."],
  label: ["It proposes masks for the pool.", "교사망이 미판독 영상의 마스크를 제안합니다."],
  audit: ["You read a sample: accept, fix, or say no lesion.", "표본을 판독합니다: 승인, 수정 또는 병변 없음."],
  gate: ["The gate opens when the error is small enough.", "오류가 충분히 작으면 관문이 열립니다."],
  next: ["The two next steps", "다음 두 단계"],
  look: ["See the whole loop on made-up films", "가상 영상으로 전체 과정 보기"],
  bring: ["Or bring films of your own into a project", "또는 프로젝트에 직접 영상 가져오기"],
  projects: ["Projects", "프로젝트"],
});

export const worklist = inBoth({
  title: ["Worklist", "판독 목록"],
  iteration: [(n: number) => `Iteration ${n}`, (n: number) => `반복 ${n}`],
  allRead: ["All read", "모두 판독됨"],
  readOn: ["Read on", "계속 판독"],
  start: ["Start reading", "판독 시작"],
  casesRead: ["Cases read", "판독한 증례"],
  progress: [
    (done: number, all: number, items: number, allItems: number) =>
      `${done} of ${all} films, ${items} of ${allItems} findings read. Some films were drawn at random to measure, others for repair; some masks may be wrong on purpose. Which is which is not told, so that every film is read alike.`,
    (done: number, all: number, items: number, allItems: number) =>
      `영상 ${all}장 중 ${done}장, 소견 ${allItems}건 중 ${items}건 판독. 일부 영상은 측정을 위해 무작위로, 나머지는 수정을 위해 뽑혔고, 일부 마스크는 일부러 틀리게 만든 것일 수 있습니다. 모든 영상을 똑같이 판독하도록 구분은 알리지 않습니다.`,
  ],
  disputes: ["Two readers", "이중 판독"],
  myReading: ["My reading", "내 판독"],
  thumbnail: ["Thumbnail", "썸네일"],
  film: ["Film", "영상"],
  toRead: ["To read", "판독할 소견"],
  state: ["State", "상태"],
  read: ["read", "판독됨"],
  beingRead: ["being read", "판독 중"],
  open: ["open", "대기"],
  nothing: ["Nothing was drawn", "뽑힌 증례가 없습니다"],
  nothingWhy: [
    "This audit has no case: its design asked for no reads.",
    "이 감사에는 증례가 없습니다. 설계에서 판독을 요청하지 않았습니다.",
  ],
});

export const blind = inBoth({
  draw: [
    "Read blind: draw what you see, or nothing. The masks are shown once you have frozen it.",
    "맹검 판독: 보이는 것을 그리거나 그리지 마세요. 확정하면 마스크가 나타납니다.",
  ],
  shown: [
    "The ensemble's mask is shown now (O). Keep what you drew, edit it, or take the mask over (Backspace).",
    "이제 앙상블 마스크를 볼 수 있습니다(O). 그린 것을 유지하거나 수정하거나 마스크를 따르세요(Backspace).",
  ],
  freeze: ["Freeze and show", "확정하고 보기"],
  hidden: ["shown after your read", "판독 후 표시"],
});

export const adjudicate = inBoth({
  reason: [
    "Why (needed where the two agree, or a gate was judged)",
    "이유 (두 판독이 일치하거나 관문 판정 뒤에는 필수)",
  ],
  title: ["Two readers", "이중 판독"],
  worklist: ["Worklist", "판독 목록"],
  why: [
    "Some films are read by two people who see nothing of each other. Where they do not agree, a third decides: their mask becomes the reference, and both reads stay.",
    "일부 영상은 서로의 결과를 보지 못하는 두 사람이 판독합니다. 의견이 다르면 제3의 판독자가 결정합니다. 그 마스크가 기준이 되며 두 판독은 모두 보존됩니다.",
  ],
  nothing: ["Nobody disagrees", "의견 차이가 없습니다"],
  nothingWhy: [
    "No film that two readers have read waits for a decision. It appears here once both are done.",
    "두 사람이 판독을 마친 영상 중 결정을 기다리는 것이 없습니다. 둘 다 마치면 여기에 나타납니다.",
  ],
  film: ["Film", "영상"],
  finding: ["Finding", "소견"],
  verdicts: ["Verdicts", "판정"],
  state: ["State", "상태"],
  decided: ["decided", "결정됨"],
  yours: ["read by you", "내가 판독함"],
  open: ["to decide", "결정 대기"],
  first: ["First reader", "첫째 판독자"],
  second: ["Second reader", "둘째 판독자"],
  difference: ["Second adds blue, leaves out orange", "둘째가 더한 곳 파랑, 뺀 곳 주황"],
  drawn: ["Your mask, from the second", "둘째에서 시작한 내 마스크"],
  showDifference: ["Difference", "차이"],
  draw: ["Draw", "그리기"],
  takeFirst: ["1 First reader", "1 첫째 판독자"],
  takeSecond: ["2 Second reader", "2 둘째 판독자"],
  noLesion: ["R No lesion", "R 병변 없음"],
  cannotTell: ["U Cannot tell", "U 판정 불가"],
  asDrawn: ["As drawn", "그린 대로"],
  decidedAs: [(word: string) => `Decided: ${word}.`, (word: string) => `결정: ${word}.`],
  notYou: [
    "You are one of the two readers: somebody else decides between you.",
    "두 판독자 중 한 명이므로 다른 사람이 결정합니다.",
  ],
  agreement: ["Human against human", "사람과 사람의 일치도"],
  pairs: ["Pairs", "쌍"],
  meanDice: ["Mean Dice", "평균 Dice(다이스)"],
  ofOneOpinion: ["Of one opinion (95 %)", "의견 일치 (95 %)"],
});

export const trustLights = inBoth({
  green: ["trusted", "신뢰함"],
  amber: ["between", "보통"],
  red: ["not trusted", "신뢰 불가"],
  grey: ["not known yet", "아직 모름"],
});

export const trustLightWords = inBoth({
  green: [
    "Planted errors are found, and the mask shown does not change what was drawn blind.",
    "심어 둔 오류를 찾아내며, 보여 준 마스크가 맹검 판독을 바꾸지 않습니다.",
  ],
  amber: [
    "Some planted errors are missed; read on to know more.",
    "심어 둔 오류를 일부 놓쳤습니다. 더 판독하면 알 수 있습니다.",
  ],
  red: [
    "Too many planted errors passed, or masks shown were taken over too often. Accepted masks weigh less in training.",
    "심어 둔 오류를 너무 많이 통과시켰거나 보여 준 마스크를 너무 자주 따랐습니다. 승인한 마스크의 학습 가중치가 낮아집니다.",
  ],
  grey: [
    "Too few tests so far. Planted errors of an audit are told once it is closed.",
    "아직 검사가 부족합니다. 감사에 심어 둔 오류는 감사가 끝나면 알려 줍니다.",
  ],
});

export const trust = inBoth({
  title: ["My reading", "내 판독"],
  titleOf: [(name: string) => `The reading of ${name}`, (name: string) => `${name}의 판독`],
  why: [
    "Some masks are wrong on purpose, some films are read blind first, some come twice. Only you and an admin see this page; nobody is ranked.",
    "일부 마스크는 일부러 틀리게 만들었고, 일부 영상은 먼저 맹검으로, 일부는 두 번 판독합니다. 이 페이지는 본인과 관리자만 보며 순위를 매기지 않습니다.",
  ],
  reader: ["Reader", "판독자"],
  measure: ["Measure", "지표"],
  value: ["Share", "비율"],
  interval: ["95 % interval, 0 to 100 %", "95 % 구간, 0–100 %"],
  basis: ["Of", "건수"],
  of: [(hits: number, n: number) => `${hits} of ${n}`, (hits: number, n: number) => `${n}건 중 ${hits}건`],
  none: ["none yet", "아직 없음"],
  between: [
    (low: string, high: string) => `${low} to ${high}`,
    (low: string, high: string) => `${low}에서 ${high}까지`,
  ],
  detected: ["Planted errors found", "찾아낸 심은 오류"],
  detectedWhy: ["Masks made wrong on purpose that were not accepted.", "일부러 틀린 마스크 중 승인하지 않은 것."],
  falseAlarms: ["False alarms", "거짓 경보"],
  falseAlarmsWhy: ["Masks that others found right and you refused.", "다른 사람이 옳다고 한 마스크를 거부한 것."],
  anchored: ["Anchored", "마스크에 끌림"],
  anchoredWhy: [
    "Blind reads that differed and were changed into the mask shown.",
    "맹검 판독과 달랐던 마스크를 보고 그대로 따른 것.",
  ],
  again: ["Agreement with yourself", "자기 일치도"],
  againWhy: [
    (dice: string) => `The same film, read again later. Mean Dice ${dice}.`,
    (dice: string) => `같은 영상을 나중에 다시 판독. 평균 Dice ${dice}.`,
  ],
  second: ["Agreement with others", "타인과의 일치도"],
  secondWhy: [
    (dice: string) => `Films that somebody else read too. Mean Dice ${dice}.`,
    (dice: string) => `다른 사람도 판독한 영상. 평균 Dice ${dice}.`,
  ],
  larger: ["Drawn larger", "더 크게 그림"],
  largerWhy: [
    (ratio: string) => `Your masks beside another's: area ratio ${ratio}. Half is neither over- nor under-drawing.`,
    (ratio: string) => `다른 사람의 마스크와 비교: 면적 비 ${ratio}. 절반이면 과대도 과소도 아닙니다.`,
  ],
  pace: [
    (median: string, low: string, high: string, reads: number) =>
      `Pace: ${median} a case in the median (95 %: ${low} to ${high}), ${reads} findings read.`,
    (median: string, low: string, high: string, reads: number) =>
      `속도: 증례당 중앙값 ${median} (95 %: ${low}–${high}), 소견 ${reads}건 판독.`,
  ],
  weight: [
    (share: string) =>
      `A mask accepted as shown enters training with the weight ${share}; one that you drew with 100%.`,
    (share: string) => `보여 준 대로 승인한 마스크의 학습 가중치는 ${share}, 직접 그린 것은 100%입니다.`,
  ],
});
