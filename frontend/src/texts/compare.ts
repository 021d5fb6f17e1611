/** What the comparison says: panes, modes, measures, the list, the word on a public label. */

import { inBoth } from "./language";

export const compare = inBoth({
  title: ["Compare", "비교"],
  iteration: [(n: number) => `Iteration ${n}`, (n: number) => `반복 ${n}`],
  against: ["Pseudo mask against", "의사 마스크와 비교할 대상"],
  publicLabels: ["public labels", "공개 라벨"],
  reads: ["reads", "판독"],
  finding: ["Finding", "소견"],
  source: ["Source", "출처"],
  verdict: ["Read", "판독"],
  publicLabel: ["Public label", "공개 라벨"],
  dice: ["Dice", "Dice"],
  diceFrom: ["Dice, from", "Dice, 하한"],
  diceTo: ["Dice, to", "Dice, 상한"],
  all: ["All", "전체"],
  unread: ["not read yet", "아직 판독 안 됨"],
  standsWrong: ["said to be wrong", "틀렸다고 판독됨"],
  standsRight: ["not said to be wrong", "틀렸다고 판독되지 않음"],
  pairs: [
    (n: number) => `${n.toLocaleString("en")} pairs, least alike first`,
    (n: number) => `${n.toLocaleString("ko")}쌍, 가장 다른 것부터`,
  ],
  nothing: ["No pair is like that", "해당하는 쌍이 없습니다"],
  noPublic: [
    "A pool source may carry public labels (SIIM's, say). They are shown here beside the pseudo masks and never trained on. Where both say that there is no lesion they agree, and nothing is listed.",
    "풀 출처에는 공개 라벨(예: SIIM)이 딸려 올 수 있습니다. 여기서 의사 마스크와 나란히 보일 뿐 학습에는 쓰이지 않습니다. 둘 다 병변이 없다고 하면 일치하므로 목록에 나오지 않습니다.",
  ],
  noReads: ["No mask of this iteration was read yet.", "이 반복의 마스크는 아직 판독되지 않았습니다."],
  clear: ["Show all pairs", "모든 쌍 보기"],
  more: ["Show more", "더 보기"],
  film: ["Film", "영상"],
  decision: ["Decision", "결정"],
  csv: ["Verdicts on public labels as CSV", "공개 라벨 판독 CSV"],
  figure: ["Figure", "그림"],
  masks: ["Masks", "마스크"],
  mode: ["How they are shown", "보기 방식"],
  side: ["Side by side", "나란히"],
  flip: ["Flip-book", "번갈아"],
  difference: ["Difference", "차이"],
  measuredWith: ["Measured against", "측정 기준"],
  with: ["with", "대상"],
  fit: ["Fit", "맞춤"],
  auto: ["Auto window", "자동 창"],
  invert: ["Invert", "반전"],
  next: ["Next pair", "다음 쌍"],
  previous: ["Previous pair", "이전 쌍"],
  noLesion: ["no lesion", "병변 없음"],
  bothEmpty: ["both empty", "둘 다 비어 있음"],
  onlyIn: [(name: string) => `only in: ${name}`, (name: string) => `여기에만: ${name}`],
  inBoth: ["outline: in both", "윤곽선: 둘 다"],
  borders: [
    (amount: string) => `NSD: share of both borders within ${amount} of the other`,
    (amount: string) => `NSD: 서로 ${amount} 이내에 있는 두 경계의 비율`,
  ],
  noSpacing: ["the film's spacing is not known", "영상의 픽셀 간격을 알 수 없음"],
  keys: [
    "Drag pans, wheel zooms, right-drag sets the window, on all panes alike.",
    "드래그는 이동, 휠은 확대, 오른쪽 드래그는 창 조절이며 모든 화면에 함께 적용됩니다.",
  ],
  hold: ["F: press for the next mask, hold to peek", "F: 누르면 다음 마스크, 누르고 있으면 잠시 보기"],
  paneOn: [(pane: string, film: string) => `${pane} on ${film}`, (pane: string, film: string) => `${film}의 ${pane}`],
  sourceSays: ["The source says", "출처의 라벨"],
  sourceSaysWhy: [
    "What came with the film beside masks: image-level labels and boxes. Nothing is trained on them or scored by them.",
    "마스크 외에 영상과 함께 들어온 영상 단위 라벨과 상자입니다. 학습에도 채점에도 쓰이지 않습니다.",
  ],
  sourceBoxes: [(n: number) => (n === 1 ? "1 box" : `${n} boxes`), (n: number) => `상자 ${n}개`],
  wrong: ["The public label is wrong", "공개 라벨이 틀림"],
  withdraw: ["Withdraw", "철회"],
  note: ["Why (optional)", "이유 (선택)"],
  said: [
    (reader: string, when: string) => `said to be wrong by ${reader}, ${when}`,
    (reader: string, when: string) => `${when}, ${reader} 판독: 틀림`,
  ],
  withdrawn: [
    (reader: string, when: string) => `withdrawn by ${reader}, ${when}`,
    (reader: string, when: string) => `${when}, ${reader} 철회`,
  ],
  ofOlder: ["of an older label, counts no more", "이전 라벨에 대한 판독, 더는 세지 않음"],
  figureTitle: ["Figure for a paper or a slide", "논문·발표용 그림"],
  caption: ["Caption", "설명"],
  captionHint: [
    "Empty: film, finding and source. The PNG takes plain Latin letters, the SVG any.",
    "비워 두면 영상, 소견, 출처가 표시됩니다. PNG는 라틴 문자만, SVG는 모든 문자를 쓸 수 있습니다.",
  ],
  apiAddress: ["The figure's own address, for scripts", "스크립트용 그림 주소"],
  figureOf: [
    (film: string, finding: string) => `Figure of ${film}, ${finding}`,
    (film: string, finding: string) => `${film}, ${finding} 그림`,
  ],
  color: [(finding: string) => `Colour of ${finding}`, (finding: string) => `${finding} 색`],
  colorNumber: [(n: number) => `Colour ${n}`, (n: number) => `색 ${n}`],
  trainsNothing: [
    "Kept as a read of its own. It changes no training set by itself.",
    "별도의 판독으로 보관됩니다. 그 자체로 학습 집합을 바꾸지 않습니다.",
  ],
});

export const says = inBoth({
  present: ["present", "있음"],
  uncertain: ["uncertain", "불확실"],
  absent: ["absent", "없음"],
  boxed: ["boxed", "상자 있음"],
});

export const panes = inBoth({
  pseudo: ["Pseudo mask", "의사 마스크"],
  public: ["Public label", "공개 라벨"],
  read: ["Read", "판독"],
  previous: ["Previous iteration", "이전 반복"],
});

export const missing = inBoth({
  pseudo: ["nothing is labelled", "라벨 없음"],
  public: ["no public label", "공개 라벨 없음"],
  read: ["not read yet", "아직 판독 안 됨"],
  previous: ["no earlier iteration", "이전 반복 없음"],
});
