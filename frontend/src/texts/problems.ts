/**
 * What the server refuses, by its stable type. Its sentence holds what no catalogue can (names, numbers), in English:
 * in Korean the type is told first, and that sentence after it.
 */

import { inBoth, language } from "./language";

const titles = inBoth({
  "not-found": ["Not found", "찾을 수 없습니다"],
  conflict: ["Conflict with the current state", "현재 상태에서는 할 수 없습니다"],
  "gate-shut": ["The gate is shut", "관문이 닫혀 있습니다"],
  "audit-closed": ["This audit is closed", "이 감사는 종료되었습니다"],
  "read-final": ["This read is final", "이 판독은 확정되었습니다"],
  "stale-mask": ["The mask is another one", "마스크가 바뀌었습니다"],
  "stale-version": ["The version is stale", "다른 사람이 먼저 변경했습니다"],
  "invalid-input": ["Invalid input", "입력이 올바르지 않습니다"],
  "invalid-recipe": ["Invalid recipe", "레시피가 올바르지 않습니다"],
  "unreadable-image": ["Unreadable image", "읽을 수 없는 영상입니다"],
  "invalid-mask": ["Invalid mask", "마스크가 올바르지 않습니다"],
  "missing-dependency": ["Something is not installed", "필요한 프로그램이 설치되지 않았습니다"],
  unauthenticated: ["Sign in first", "먼저 로그인하세요"],
  "wrong-password": ["Name or password is wrong", "이름 또는 비밀번호가 올바르지 않습니다"],
  "link-spent": ["This link no longer works", "더 이상 사용할 수 없는 링크입니다"],
  "sign-in-busy": ["Too many people sign in at once", "동시에 로그인하는 사람이 너무 많습니다"],
  "role-differs": ["This name has another role", "이 이름은 다른 역할을 가지고 있습니다"],
  "account-disabled": ["This account is disabled", "비활성화된 계정입니다"],
  "last-admin": ["The last admin stays", "마지막 관리자는 남아 있어야 합니다"],
  "verification-runs": ["The trail is being verified", "변경 기록을 검증하는 중입니다"],
  forbidden: ["Not allowed for this role", "이 역할에는 허용되지 않습니다"],
  "too-many-tries": ["Too many tries", "시도 횟수가 너무 많습니다"],
  "foreign-origin": ["Not from here", "다른 사이트의 요청입니다"],
  "too-large": ["Too large", "너무 큽니다"],
  "database-away": ["The database does not answer", "데이터베이스가 응답하지 않습니다"],
  broken: ["Something broke", "서버 오류가 발생했습니다"],
  offline: ["The server does not answer", "서버가 응답하지 않습니다"],
});

/** Sentences that need no name or number of the server's; for these nothing is left in English. */
const whole = inBoth({
  offline: ["Check the connection; nothing is lost.", "연결을 확인하세요. 잃은 것은 없습니다."],
  "database-away": [
    "Nothing was saved. Try again in a few seconds.",
    "저장된 것이 없습니다. 몇 초 뒤에 다시 시도하세요.",
  ],
  broken: [
    "This is our fault. Nothing was saved; the log has the cause.",
    "저희 쪽 오류입니다. 저장된 것이 없으며 원인은 로그에 있습니다.",
  ],
  "audit-closed": [
    "This audit is closed. What you drew is kept beside, on the film's case and on its comparison; it counts nowhere.",
    "이 감사는 종료되었습니다. 그린 내용은 해당 증례와 비교 화면에 별도로 보관되며 반영되지 않습니다.",
  ],
  "read-final": [
    "This film is read already and that read stands. What you drew is kept beside it, on the film's case.",
    "이 영상의 판독은 이미 확정되었습니다. 그린 내용은 해당 증례에 별도로 보관됩니다.",
  ],
  "foreign-origin": ["Requests from other sites are refused.", "다른 사이트의 요청은 거부됩니다."],
  unauthenticated: [
    "Sign in first: your session has ended, or there was none.",
    "먼저 로그인하세요. 세션이 끝났거나 없었습니다.",
  ],
  "wrong-password": ["Name or password is wrong.", "이름 또는 비밀번호가 올바르지 않습니다."],
  "link-spent": [
    "This link was used already, was replaced, or is older than a day. Ask an admin for a new one.",
    "이미 사용했거나 새 링크로 대체되었거나 하루가 지난 링크입니다. 관리자에게 새 링크를 요청하세요.",
  ],
  "too-many-tries": [
    "Too many tries. Wait five minutes, or ask an admin for a new link.",
    "시도 횟수가 너무 많습니다. 5분 뒤에 다시 시도하거나 관리자에게 새 링크를 요청하세요.",
  ],
  "verification-runs": [
    "The trail is being verified for somebody else. Try again in a few seconds.",
    "다른 사람을 위해 변경 기록을 검증하는 중입니다. 몇 초 뒤에 다시 시도하세요.",
  ],
  "sign-in-busy": [
    "Too many people sign in at once. Nothing was counted: try again in a few seconds.",
    "동시에 로그인하는 사람이 너무 많습니다. 시도 횟수에 포함되지 않았으니 몇 초 뒤에 다시 시도하세요.",
  ],
});

function known<T extends object>(texts: T, type: string): string | null {
  const name = type.replace(/^urn:overread:/, "");
  return Object.hasOwn(texts, name) ? String(texts[name as keyof T]) : null;
}

export function problemTitle(type: string): string | null {
  return known(titles, type);
}

/** The sentence to show, and whether it is the server's English. */
export function problemSentence(type: string, detail: string): { text: string; english: boolean } {
  const text = language() === "en" ? null : known(whole, type);
  return text === null ? { text: detail, english: true } : { text, english: false };
}
