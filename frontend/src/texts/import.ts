/** Importing: the form, what an import would bring, and what came in. */

import { inBoth } from "./language";

export const importing = inBoth({
  title: ["Import", "가져오기"],
  what: [
    "Look first: a preview does all that the import does and stores nothing. It says how many films and patients each split would get, what each finding would look like, and what would be refused.",
    "먼저 미리 보세요. 미리보기는 가져오기와 똑같이 하지만 아무것도 저장하지 않습니다. 분할마다 들어올 영상과 환자 수, 소견별 현황, 거부될 파일을 알려 줍니다.",
  ],
  source: ["What to import", "가져올 출처"],
  reader: ["Reader", "읽는 방식"],
  folder: ["Folder", "폴더"],
  root: ["import folder", "가져오기 폴더"],
  inside: [(folder: string) => `Folders in ${folder}`, (folder: string) => `${folder} 안의 폴더`],
  noFolders: ["No folder lies in it.", "안에 폴더가 없습니다."],
  moreFolders: ["There are more folders than are shown.", "표시된 것보다 폴더가 더 있습니다."],
  up: ["One up", "위로"],
  role: ["Role", "역할"],
  roleWhat: [
    "Labelled films are shared out among splits; external ones only score; the pool's labels are compared with, never trusted.",
    "라벨 있는 영상은 분할에 나뉘고, 외부 영상은 평가에만 쓰이며, 풀의 라벨은 비교만 합니다.",
  ],
  name: ["Name", "이름"],
  licence: ["Licence", "사용 조건"],
  namespace: ["Whose patient numbers", "환자 번호의 출처"],
  namespaceWhat: [
    "Sources that share it never put one patient on two sides of a split. Empty: the source's own.",
    "같은 값을 쓰는 출처끼리는 한 환자가 두 분할에 들어가지 않습니다. 비워 두면 이 출처만의 번호입니다.",
  ],
  shares: ["Shares of patients, in percent", "환자 비율(퍼센트)"],
  sharesOff: [
    (sum: number) => `The shares add up to ${sum}, not to 100.`,
    (sum: number) => `합이 100이 아니라 ${sum}입니다.`,
  ],
  options: ["More options of this reader", "이 방식의 추가 설정"],
  preview: ["Preview", "미리보기"],
  again: ["Preview again", "다시 미리보기"],
  import: ["Import", "가져오기 시작"],
  stop: ["Stop", "중지"],
  stale: [
    "Something was changed since this preview: preview again to see what would come in now.",
    "미리보기 뒤에 바뀐 내용이 있습니다. 지금 무엇이 들어올지 보려면 다시 미리 보세요.",
  ],
  nothing: [
    "Choose a source and preview it: what would come in is drawn here.",
    "출처를 골라 미리 보면 들어올 내용이 여기에 그려집니다.",
  ],
  nothingTitle: ["Nothing previewed yet", "아직 미리 본 것이 없습니다"],
  sources: ["Sources of this project", "이 프로젝트의 출처"],
  sourceLine: [
    (role: string, films: number) => `${role}, ${films} films`,
    (role: string, films: number) => `${role}, 영상 ${films}장`,
  ],
});

export const progress = inBoth({
  previewing: ["Previewing", "미리 보는 중"],
  importing: ["Importing", "가져오는 중"],
  waits: ["It waits for a worker.", "작업자를 기다리고 있습니다."],
  begins: ["It looks at what lies there.", "무엇이 있는지 살펴보고 있습니다."],
  stalled: ["Its worker is silent; another one takes it over.", "작업자가 응답하지 않아 다른 작업자가 이어받습니다."],
  done: [(done: number) => `${done} files`, (done: number) => `파일 ${done}개`],
  doneOf: [
    (done: number, total: number) => `${done} of about ${total} films`,
    (done: number, total: number) => `영상 약 ${total}장 중 ${done}장`,
  ],
  rate: [(rate: string) => `${rate} a second`, (rate: string) => `초당 ${rate}장`],
  left: [(time: string) => `about ${time} left`, (time: string) => `약 ${time} 남음`],
  stopped: [
    "It was stopped. Nothing of a preview is stored; what an import brought so far stays.",
    "중지되었습니다. 미리보기는 아무것도 남기지 않으며, 가져오기로 이미 들어온 것은 남습니다.",
  ],
  failedPreview: ["This could not be previewed", "미리 볼 수 없습니다"],
  failedImport: ["The import ended early", "가져오기가 끝나지 못했습니다"],
});

export const came = inBoth({
  would: ["What would come in", "들어올 내용"],
  came: ["What came in", "들어온 내용"],
  wouldWhat: ["Nothing of it is stored yet.", "아직 아무것도 저장되지 않았습니다."],
  lies: [
    (name: string) => `${name}, as it lies here now, after all its imports.`,
    (name: string) => `${name}: 지금까지 가져온 전체`,
  ],
  added: [(n: number) => `${n} added`, (n: number) => `추가 ${n}`],
  changed: [(n: number) => `${n} with newer masks`, (n: number) => `마스크가 바뀜 ${n}`],
  unchanged: [(n: number) => `${n} unchanged`, (n: number) => `그대로 ${n}`],
  refused: [(n: number) => `${n} refused`, (n: number) => `거부 ${n}`],
  noFilm: [
    "No film would come in: the import would fail. See why files are refused, or choose another folder or reader.",
    "들어올 영상이 없어 가져오기가 실패합니다. 거부된 이유를 보거나 다른 폴더나 방식을 고르세요.",
  ],
  notes: ["To look at before anything is trained", "학습하기 전에 확인할 것"],
  splits: ["Films and patients", "영상과 환자"],
  films: [(n: number) => (n === 1 ? "1 film" : `${n} films`), (n: number) => `영상 ${n}장`],
  ofPatients: [
    (films: number, patients: number, most: number) =>
      `${films} films of ${patients} patients${most > 1 ? `, at most ${most} of one` : ""}`,
    (films: number, patients: number, most: number) =>
      `환자 ${patients}명의 영상 ${films}장${most > 1 ? `, 한 환자 최대 ${most}장` : ""}`,
  ],
  findings: ["Findings", "소견"],
  lesion: ["shows it", "있음"],
  noLesion: ["does not", "없음"],
  unknown: ["nobody said", "알 수 없음"],
  counts: [
    (lesion: number, without: number, unknown: number) => `${lesion} with it, ${without} without, ${unknown} unknown`,
    (lesion: number, without: number, unknown: number) => `있음 ${lesion}, 없음 ${without}, 알 수 없음 ${unknown}`,
  ],
  masks: [
    (least: string, largest: string) => `masks from ${least} to ${largest} of their film`,
    (least: string, largest: string) => `마스크 크기: 영상의 ${least} ~ ${largest}`,
  ],
  said: [
    (present: number, absent: number, uncertain: number) =>
      `said of whole films: ${present} present, ${absent} absent, ${uncertain} uncertain`,
    (present: number, absent: number, uncertain: number) =>
      `영상 단위 라벨: 있음 ${present}, 없음 ${absent}, 불확실 ${uncertain}`,
  ],
  boxed: [(n: number) => `boxes on ${n}`, (n: number) => `상자 ${n}장`],
  newer: ["Masks that newer ones took the place of", "새 마스크로 바뀐 것"],
  gaveWay: [
    (finding: string, split: string, films: number) => `${finding}, ${split}: on ${films} films`,
    (finding: string, split: string, films: number) => `${finding}, ${split}: 영상 ${films}장`,
  ],
  learned: [
    (iteration: number, masks: number) => `Iteration ${iteration} learned from ${masks} of those before.`,
    (iteration: number, masks: number) => `${iteration}번째 반복은 이전 마스크 ${masks}개로 학습했습니다.`,
  ],
  none: ["none", "없음"],
});

export const refusals = inBoth({
  title: ["Refused, by reason", "거부된 이유"],
  line: [
    (files: number, such: string) => `${files}, such as ${such}`,
    (files: number, such: string) => `${files}개, 예: ${such}`,
  ],
  files: [(reason: string) => `Files refused: ${reason}`, (reason: string) => `거부된 파일: ${reason}`],
  first: [(n: number) => `The first ${n} by name.`, (n: number) => `이름순 처음 ${n}개입니다.`],
  rest: [
    "Those that came later are counted, and not kept by a preview.",
    "그 뒤의 파일은 세기만 하고 미리보기에 남기지 않습니다.",
  ],
});

export const names = inBoth({
  title: ["The source's own names", "출처가 쓰는 이름"],
  what: [
    "Which of the project's findings each is taken for. Change it, then preview again.",
    "프로젝트의 어느 소견으로 볼지 정합니다. 바꾼 뒤 다시 미리 보세요.",
  ],
  whatCame: ["Which of the project's findings each was taken for.", "프로젝트의 어느 소견으로 보았는지입니다."],
  leaveOut: ["leave out", "빼기"],
  leftOut: ["left out", "뺌"],
  of: [(name: string) => `${name} is taken for`, (name: string) => `${name}에 해당하는 소견`],
  csv: ["Take the table (CSV)", "표 받기(CSV)"],
});
