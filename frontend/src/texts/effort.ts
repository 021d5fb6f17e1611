/** What the page about reading time says. */

import { inBoth } from "./language";

export const effort = inBoth({
  title: ["Score against reading time", "판독 시간에 따른 성능"],
  what: [
    "A point an iteration: the ensemble's mean score over findings, after the reading that was done before its training. Bars are the mean of the findings' 95% intervals, never narrower than the mean's own. Dashed: where the same points would stand, had the same findings been drawn from nothing (modelled).",
    "반복마다 점 하나: 학습 전까지의 판독 시간과 소견 평균 성능. 막대는 소견별 95% 신뢰구간의 평균으로, 평균 자체의 구간보다 좁지 않습니다. 점선: 같은 소견을 처음부터 그렸을 때의 위치(추정).",
  ],
  none: [
    "It comes with the first read, and a point with each iteration that is evaluated.",
    "첫 판독부터 시간이 표시되고, 평가된 반복마다 점이 찍힙니다.",
  ],
  onFilms: [
    (score: string, split: string) => `${score}, ${split} films`,
    (score: string, split: string) => `${score}, ${split} 영상`,
  ],
  withMasks: ["as it was read", "실제 판독"],
  drawn: ["drawn from nothing, minutes", "처음부터 그렸다면(분)"],
  fromNothing: [
    (time: string) => `Drawn from nothing, each film once and at this project's pace, the same would take ${time}.`,
    (time: string) => `같은 영상을 한 번씩, 이 프로젝트의 속도로 처음부터 그렸다면 ${time} 걸립니다.`,
  ],
  minutes: ["minutes read before training", "학습 전까지 판독한 시간(분)"],
  before: ["Minutes before", "이전 판독(분)"],
  rose: [
    (score: string, from: string, to: string, iteration: number, time: string) =>
      `${score} went from ${from} to ${to}, reached by iteration ${iteration} with ${time} of reading.`,
    (score: string, from: string, to: string, iteration: number, time: string) =>
      `${score}: ${from}에서 ${to}로. ${time}의 판독으로 반복 ${iteration}에서 도달했습니다.`,
  ],
  stood: [
    (score: string, from: string, first: number, time: string) =>
      `After ${time} of reading no later iteration has a higher ${score} than iteration ${first} (${from}).`,
    (score: string, from: string, first: number, time: string) =>
      `${time} 판독했지만 반복 ${first}의 ${score}(${from})보다 높은 반복은 아직 없습니다.`,
  ],
  overlap: [
    "The two intervals overlap: this alone is no proof of a gain.",
    "두 구간이 겹칩니다. 이것만으로는 향상의 증거가 아닙니다.",
  ],
  byKind: ["Minutes by kind of work", "작업 종류별 시간(분)"],
  perIteration: ["Minutes of reading, by iteration", "반복별 판독 시간(분)"],
  kind: ["Kind of work", "작업 종류"],
  reads: ["Reads", "판독 수"],
  median: ["Median, s", "중앙값(초)"],
  modelled: ["Modelled, s", "추정(초)"],
  total: ["Minutes", "분"],
  untold: ["not told", "알 수 없음"],
  kindsWhat: [
    "What a film took is shared out among its findings. Modelled: gestures counted in the reading room, at keystroke-level times; no person was measured.",
    "한 영상에 걸린 시간은 소견별로 나눕니다. 추정: 판독실에서 센 조작 횟수에 키 입력 수준의 시간을 곱한 값이며, 사람을 측정한 것이 아닙니다.",
  ],
});

export const works = inBoth({
  accept: ["accepted as it stood", "그대로 승인"],
  slider: ["slider moved", "슬라이더 조정"],
  adopt: ["another mask taken", "다른 마스크 채택"],
  redraw: ["mended", "고쳐 그림"],
  draw: ["drawn from nothing", "처음부터 그림"],
  reject: ["no lesion", "병변 없음"],
  cannot_tell: ["cannot tell", "판정 불가"],
});
