/** What the reading room says of the work: where it is, who else is at it, signing in again in place. */

import { inBoth } from "./language";

export const read = inBoth({
  casesRead: ["Cases read", "판독한 증례"],
  progress: [
    (done: number, all: number) => `${done} of ${all} read`,
    (done: number, all: number) => `${all}건 중 ${done}건 판독`,
  ],
  pace: [
    (seconds: number, minutes: number) => `${seconds} s a case · ${minutes} min left`,
    (seconds: number, minutes: number) => `증례당 ${seconds}초 · ${minutes}분 남음`,
  ],
  paceWhy: [
    "The median of your last 20 cases here, and what is left at that pace",
    "최근 판독한 20건의 중앙값과 그 속도로 남은 시간",
  ],
  saving: ["Saving…", "저장 중…"],
  saved: ["Saved", "저장됨"],
  waiting: [
    "Kept here: the server does not answer. Sent when it does.",
    "여기에 보관됨: 서버가 응답하지 않습니다. 응답하면 전송됩니다.",
  ],
  sibling: ["Kept beside: that film had gone elsewhere.", "별도로 보관됨: 그 영상은 다른 곳에서 먼저 저장되었습니다."],
  keptClosed: [
    "Kept beside: the audit was closed; it counts nowhere.",
    "별도로 보관됨: 감사가 종료되어 반영되지 않습니다.",
  ],
  keptFinal: [
    "Kept beside: that film's read is final; a judge can decide otherwise.",
    "별도로 보관됨: 그 영상의 판독은 확정되었습니다. 조정자만 바꿀 수 있습니다.",
  ],
  refused: ["Not saved; your strokes are kept here.", "저장되지 않았습니다. 그린 내용은 여기에 보관되어 있습니다."],
  refusedTitle: ["The server refused this read", "서버가 이 판독을 거부했습니다"],
  refusedHow: [
    "Nothing is lost: mend what it names and press A again, or reload the page; the strokes come back.",
    "잃은 것은 없습니다. 위에 적힌 내용을 고친 뒤 A를 다시 누르거나 페이지를 새로 고치세요. 그린 내용은 그대로 돌아옵니다.",
  ],
  close: ["Close", "닫기"],
  kept: ["Kept here", "여기에 보관됨"],
  keptLong: [
    "Kept here after every gesture; A sends it. You may leave: it is as you left it when you come back.",
    "동작마다 여기에 보관되며 A를 누르면 전송됩니다. 나갔다가 돌아와도 그대로입니다.",
  ],
  pageOnly: [
    "On this page only: the browser's store is full or shut. Save before you leave.",
    "이 페이지에만 있습니다: 브라우저 저장소가 가득 찼거나 닫혀 있습니다. 나가기 전에 저장하세요.",
  ],
  left: [(name: string) => `Kept here: ${name} is as you left it.`, (name: string) => `여기에 보관됨: ${name}`],
  cameLater: [
    "Open in another tab too: each tab keeps its own strokes, the later save is kept beside.",
    "다른 탭에서도 열려 있습니다. 탭마다 따로 보관되며 나중 저장은 별도로 보관됩니다.",
  ],
  elsewhere: [
    "Open elsewhere too: what you save here is kept beside.",
    "다른 곳에서도 열려 있습니다. 여기서 저장하면 별도로 보관됩니다.",
  ],
  lost: [
    "This film has gone to another reader. Read on: your work is kept, and saved beside theirs.",
    "이 영상은 다른 판독자에게 넘어갔습니다. 계속하셔도 됩니다. 작업은 보관되며 별도로 저장됩니다.",
  ],
  older: [
    "Read elsewhere since you drew this: what you save is kept beside.",
    "그린 뒤에 다른 곳에서 판독되었습니다. 저장하면 별도로 보관됩니다.",
  ],
  "audit-closed": [
    "This audit is closed: what you save is kept beside, and counts nowhere.",
    "이 감사는 종료되었습니다. 저장하면 별도로 보관되며 반영되지 않습니다.",
  ],
  "read-final": [
    "This film is read, and its read is final: what you save is kept beside.",
    "이 영상의 판독은 확정되었습니다. 저장하면 별도로 보관됩니다.",
  ],
  leaseEnds: [
    (seconds: number) => `This film stays yours for ${seconds} s more: the server was not reached.`,
    (seconds: number) => `서버에 연결되지 않아 ${seconds}초 뒤에 이 영상이 다른 판독자에게 넘어갈 수 있습니다.`,
  ],
  rendererLost: [
    "The graphics card dropped out: drawn without it from here on. Nothing is lost.",
    "그래픽 카드가 멈춰 이제부터 그래픽 카드 없이 표시합니다. 잃은 것은 없습니다.",
  ],
  canvasLost: [
    "The browser has lost the picture; it comes back by itself. Your strokes are kept.",
    "브라우저가 화면을 잃었습니다. 저절로 돌아오며 그린 내용은 그대로입니다.",
  ],
  signedOut: ["Signed out: your strokes are kept here.", "로그아웃됨: 그린 내용은 여기에 보관됩니다."],
  signInAgain: ["Sign in to go on", "계속하려면 로그인하세요"],
  signInWhy: [
    "Your session has ended. The film stays as it is; what waits is sent once you are in.",
    "세션이 끝났습니다. 영상은 그대로이며 로그인하면 대기 중인 판독이 전송됩니다.",
  ],
  otherMask: ["The server stored another mask", "서버가 다른 마스크를 저장했습니다"],
  otherMaskWhy: [
    "It names the stored mask by another hash than the one drawn here. Press A to send it again.",
    "저장된 마스크의 해시가 여기서 그린 것과 다릅니다. A를 눌러 다시 보내세요.",
  ],
});
