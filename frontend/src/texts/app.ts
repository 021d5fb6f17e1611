/** What every page says: the bar, the states, findings, verdicts, signing in, the first visit. */

import { inBoth } from "./language";

export const app = inBoth({
  skip: ["To the page", "본문으로 건너뛰기"],
  outOfDate: [
    "The server does not answer: what is shown may be out of date.",
    "서버가 응답하지 않습니다. 표시된 내용이 최신이 아닐 수 있습니다.",
  ],
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
      `${done} of ${all} films, ${items} of ${allItems} findings read. Some films were drawn at random to measure, others for repair; which is which is not told, so that every film is read alike.`,
    (done: number, all: number, items: number, allItems: number) =>
      `영상 ${all}장 중 ${done}장, 소견 ${allItems}건 중 ${items}건 판독. 일부 영상은 측정을 위해 무작위로, 나머지는 수정을 위해 뽑혔습니다. 모든 영상을 똑같이 판독하도록 구분은 알리지 않습니다.`,
  ],
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
