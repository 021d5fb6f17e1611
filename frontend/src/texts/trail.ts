/** The trail for an admin: who did what when, and whether all of it still is what was written. */

import { inBoth } from "./language";

export const trail = inBoth({
  title: ["Trail", "변경 기록"],
  what: [
    "A line for each change that a person or the server made. Each line carries the hash of the one before it, so a line that is changed, taken out, put in or moved breaks the chain.",
    "사람이나 서버가 한 변경마다 한 줄씩 남습니다. 각 줄에는 앞줄의 해시가 들어 있어 줄을 바꾸거나 빼거나 끼우거나 옮기면 사슬이 끊어집니다.",
  ],
  state: ["Does it hold?", "온전한가요?"],
  verifying: ["Every hash is being computed again …", "모든 해시를 다시 계산하는 중 …"],
  again: ["Verify again", "다시 검증"],
  holds: [
    (lines: string) => `The trail holds: none of ${lines} lines was changed, taken out, put in or moved.`,
    (lines: string) => `변경 기록이 온전합니다. ${lines}줄 중 바뀌거나 빠지거나 끼어들거나 옮겨진 것이 없습니다.`,
  ],
  broken: ["The trail does not hold", "변경 기록이 온전하지 않습니다"],
  brokenThen: [
    "Change nothing more, keep a copy of the database as it is, and compare it with a backup.",
    "더 이상 아무것도 바꾸지 말고 데이터베이스 사본을 그대로 보관한 뒤 백업과 비교하세요.",
  ],
  anchors: ["Anchors to keep elsewhere", "다른 곳에 보관할 기준점"],
  anchorsWhat: [
    "That the end of a chain was cut off can be seen only by whoever knows how long it was. Keep these anchors on another machine (project:lines:hash; project 0 is what belongs to none) and give them back later:",
    "사슬의 끝이 잘린 것은 그 길이를 아는 사람만 알 수 있습니다. 이 줄들을 다른 컴퓨터에 보관했다가(프로젝트:줄 수:해시, 0은 프로젝트가 없는 기록) 나중에 다시 제시하세요.",
  ],
  entries: ["Lines, newest first", "최근 기록부터"],
  line: [(id: number) => `Line ${id}`, (id: number) => `${id}번 줄`],
  subject: ["About", "대상"],
  subjectHint: ["as in the list:", "목록과 같이:"],
  person: ["By", "누가"],
  everybody: ["everybody", "모두"],
  server: ["the server", "서버"],
  show: ["Show", "보기"],
  older: ["Older", "이전 기록"],
  newest: ["To the newest", "최근 기록으로"],
  nothing: ["No such line", "해당하는 기록이 없습니다"],
  nothingWhy: ["Nothing was done that this list is about.", "이 조건에 맞는 기록이 없습니다."],
});

/** What happened to the first bad line; ``beside`` is the line that gives it away. */
export const faults = inBoth({
  changed: [
    "It was changed: its content does not have the hash that was written with it.",
    "내용이 바뀌었습니다. 함께 기록된 해시와 내용이 맞지 않습니다.",
  ],
  missing: [
    "It follows a line that is not there: lines before it were deleted, or the one before it was written anew with its hash.",
    "이 줄의 앞줄이 없습니다. 앞의 줄이 삭제되었거나 해시까지 새로 쓰였습니다.",
  ],
  inserted: [
    (beside: number) => `It has the place of line ${beside}: one of the two was put in afterwards.`,
    (beside: number) => `${beside}번 줄과 같은 자리를 차지합니다. 둘 중 하나는 나중에 끼워 넣은 것입니다.`,
  ],
  reordered: [
    (beside: number) => `It stands before line ${beside}, which it was written after: lines changed places.`,
    (beside: number) => `뒤에 쓰였어야 할 줄인데 ${beside}번 줄보다 앞에 있습니다. 순서가 바뀌었습니다.`,
  ],
});

export const actions = inBoth({
  "account.invited": ["invited", "초대함"],
  "account.signed-in": ["signed in", "로그인함"],
  "account.signed-out-everywhere": ["signed out everywhere", "모든 곳에서 로그아웃함"],
  "account.password-set": ["set a password", "비밀번호를 정함"],
  "account.role-changed": ["changed a role", "역할을 바꿈"],
  "account.disabled": ["disabled an account", "계정을 비활성화함"],
  "account.enabled": ["enabled an account", "계정을 활성화함"],
  "project.created": ["made a project", "프로젝트를 만듦"],
  "source.created": ["named a source", "출처를 등록함"],
  "source.imported": ["imported a source", "출처를 가져옴"],
  "labels.exported": ["exported labels", "라벨을 내보냄"],
  "encoder.started": ["started an encoder", "인코더 학습을 시작함"],
  "iteration.launched": ["launched an iteration", "반복을 시작함"],
  "iteration.moved": ["moved an iteration on", "반복을 다음 단계로 옮김"],
  "iteration.cancelled": ["cancelled an iteration", "반복을 취소함"],
  "iteration.resumed": ["resumed an iteration", "반복을 재개함"],
  "job.cancelled": ["cancelled a job", "작업을 취소함"],
  "audit.opened": ["opened an audit", "감사를 엶"],
  "audit.extended": ["had more read", "추가 판독을 요청함"],
  "case.read": ["read a film", "영상을 판독함"],
  "unit.adjudicated": ["decided between two reads", "두 판독 사이에서 결정함"],
  "public-label.read": ["judged a public label", "공개 라벨을 판정함"],
  "thresholds.certified": ["certified thresholds", "문턱값을 인증함"],
  "gate.judged": ["asked the gate", "관문을 판정함"],
});
