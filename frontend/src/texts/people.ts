/** Who may sign in: the page on which an admin invites people, gives roles, disables and enables. */

import { inBoth } from "./language";

export const people = inBoth({
  title: ["People", "사용자"],
  what: [
    "Who has an account, and how each can come in. All that is done here is in the trail.",
    "계정이 있는 사람과 로그인 방법입니다. 여기서 한 일은 모두 변경 기록에 남습니다.",
  ],
  list: ["Everybody with an account", "계정이 있는 모든 사람"],
  invite: ["Invite somebody", "초대하기"],
  name: ["Name to sign in with", "로그인 이름"],
  role: ["Role", "역할"],
  roleOf: [(name: string) => `Role of ${name}`, (name: string) => `${name}의 역할`],
  makeLink: ["Make a link", "링크 만들기"],
  newLink: ["New link", "새 링크"],
  newLinkFor: [(name: string) => `New link for ${name}`, (name: string) => `${name}의 새 링크`],
  linkFor: [(name: string) => `One-time link for ${name}`, (name: string) => `${name}의 일회용 링크`],
  handOver: [
    (name: string) =>
      `Hand it to ${name} alone. It lets in once, within a day, and is shown only now: nobody can look it up later.`,
    (name: string) =>
      `${name} 본인에게만 전달하세요. 하루 안에 한 번만 쓸 수 있으며 지금만 표시되어 나중에 다시 볼 수 없습니다.`,
  ],
  replaced: ["An older link that nobody used works no longer.", "사용하지 않은 이전 링크는 더 이상 쓸 수 없습니다."],
  copy: ["Copy", "복사"],
  copied: ["Copied", "복사됨"],
  chosen: ["Press Ctrl+C to copy", "Ctrl+C를 눌러 복사하세요"],
  done: ["Hide", "숨기기"],
  you: ["you", "나"],
  linkUntil: [(when: string) => `link works until ${when}`, (when: string) => `링크 유효: ${when}까지`],
  disable: ["Disable", "비활성화"],
  disableOf: [(name: string) => `Disable ${name}`, (name: string) => `${name} 비활성화`],
  disableMeans: [
    (name: string) =>
      `${name} is signed out everywhere at once, unused links end, and nobody signs in as ${name} until somebody enables the account again. Reads that were saved stay.`,
    (name: string) =>
      `${name}은(는) 즉시 모든 곳에서 로그아웃되고 사용하지 않은 링크도 끝납니다. 다시 활성화할 때까지 로그인할 수 없습니다. 저장된 판독은 남습니다.`,
  ],
  enable: ["Enable", "활성화"],
  enableOf: [(name: string) => `Enable ${name}`, (name: string) => `${name} 활성화`],
  giveRole: [(role: string) => `Give the role ${role}`, (role: string) => `${role} 역할 주기`],
  roleMeans: [
    (name: string) =>
      `${name} is signed out everywhere at once, unused links end; a password that was set works as before.`,
    (name: string) =>
      `${name}은(는) 즉시 모든 곳에서 로그아웃되고 사용하지 않은 링크도 끝납니다. 이미 정한 비밀번호는 그대로입니다.`,
  ],
  self: [
    "This is your own account: you are signed out at once, and only another admin can give you back what you lose.",
    "본인 계정입니다. 즉시 로그아웃되며 잃는 권한은 다른 관리자만 되돌릴 수 있습니다.",
  ],
  leave: ["Leave as it is", "그대로 두기"],
});

export const roles = inBoth({
  reader: ["reader", "판독자"],
  engineer: ["engineer", "엔지니어"],
  admin: ["admin", "관리자"],
});

export const roleWords = inBoth({
  reader: ["reads films", "영상을 판독"],
  engineer: ["reads, launches iterations, imports", "판독, 반복 학습 시작, 가져오기"],
  admin: ["may do everything, this page too", "이 페이지를 포함한 모든 권한"],
});

export const states = inBoth({
  active: ["can sign in", "로그인 가능"],
  invited: ["invited", "초대됨"],
  "no-way-in": ["needs a new link", "새 링크 필요"],
  disabled: ["disabled", "비활성화됨"],
});

/** What the server refuses here, told as this page can mend it. */
export const refusals = inBoth({
  "last-admin": [
    (name: string) =>
      `Without ${name} nobody could sign in as an admin. First invite another admin, and have that link used.`,
    (name: string) =>
      `${name}이(가) 없으면 관리자로 로그인할 수 있는 사람이 없습니다. 먼저 다른 관리자를 초대하고 그 링크를 쓰게 하세요.`,
  ],
  "role-differs": [
    (name: string) => `${name} has an account with another role. Change the role in the list below, or invite with it.`,
    (name: string) => `${name} 계정은 다른 역할을 가지고 있습니다. 아래 목록에서 역할을 바꾸거나 그 역할로 초대하세요.`,
  ],
  "account-disabled": [
    (name: string) => `${name} has an account that is disabled. Enable it in the list below, then make a link.`,
    (name: string) => `${name} 계정은 비활성화되어 있습니다. 아래 목록에서 활성화한 뒤 링크를 만드세요.`,
  ],
});
