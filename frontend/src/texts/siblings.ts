/** Late saves: kept beside the read that counts, looked at, taken over or left. */

import { inBoth } from "./language";

export const siblings = inBoth({
  title: ["Kept beside", "별도로 보관된 저장"],
  why: [
    "Saved after another tab or reader had saved this film. The read that counts is not changed by it.",
    "다른 탭이나 판독자가 이 영상을 먼저 저장한 뒤에 저장된 것입니다. 유효한 판독은 그대로입니다.",
  ],
  yours: ["yours", "내 것"],
  show: ["Show", "보기"],
  showLong: [(whose: string) => `Show over the film: ${whose}`, (whose: string) => `영상 위에 보기: ${whose}`],
  take: ["Take over", "가져오기"],
  takeLong: [(whose: string) => `Take over: ${whose}`, (whose: string) => `가져오기: ${whose}`],
  look: ["Look at it", "확인"],
});
