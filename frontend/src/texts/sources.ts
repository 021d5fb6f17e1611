/** What is to be told of a source: films of nobody known, near twins, and what a split is missing. */

import { inBoth } from "./language";

export const splits = inBoth({
  train: ["train", "학습"],
  development: ["development", "개발"],
  external: ["external", "외부"],
  pool: ["pool", "풀"],
});

export const remarks = inBoth({
  alone: [
    (films: number) =>
      `${films} films name no patient: each is taken for a patient of its own. Where several are of one patient, say so (a folder's patients.csv), or that patient may lie on two sides of a split.`,
    (films: number) =>
      `환자를 알 수 없는 영상 ${films}장은 각각 다른 환자로 봅니다. 같은 환자의 영상이 있으면 환자 목록 파일로 알려 주세요. 그러지 않으면 한 환자가 여러 분할에 들어갈 수 있습니다.`,
  ],
  onePatient: [
    (films: number) =>
      `All ${films} films are of one patient, so that all lie in one split. If they are of several, say so (a folder's patients.csv) before anything is trained.`,
    (films: number) =>
      `영상 ${films}장이 모두 한 환자의 것이라 한 분할에만 들어갑니다. 여러 환자의 영상이라면 학습하기 전에 환자 목록 파일로 알려 주세요.`,
  ],
  disputed: [
    (files: number) =>
      `${files} files say something else than a film of the same pixels that is here: labels of such films are disputed, and what came first stands. Find out which is right before it teaches.`,
    (files: number) =>
      `이미 있는 영상과 화소는 같고 라벨이 다른 파일이 ${files}개 있습니다. 그 라벨은 확실하지 않으며 먼저 들어온 것을 씁니다. 학습하기 전에 어느 쪽이 맞는지 확인하세요.`,
  ],
  beside: [
    (files: number, such: string | undefined) =>
      `${files} files lie beside the films and are not read${such ? `, such as ${such}` : ""}. If they are labels, import them by the reader of their format, or as masks.`,
    (files: number, such: string | undefined) =>
      `영상 옆에 읽지 않는 파일이 ${files}개 있습니다${such ? `(예: ${such})` : ""}. 라벨이라면 그 형식의 리더로, 또는 마스크로 가져오세요.`,
  ],
  newer: [
    (masks: number, iteration: number) =>
      `${masks} masks are newer than those that iteration ${iteration} learned from: the next launch learns from them.`,
    (masks: number, iteration: number) =>
      `마스크 ${masks}개가 반복 ${iteration}이 학습한 것보다 새것입니다. 다음 시작부터 새 마스크로 학습합니다.`,
  ],
  twins: [
    (films: number, film: string, twin: string) =>
      `${films} films have a near twin in another split, such as ${film} and ${twin}: what is learned from one is scored on the other. Films stay where they are; where that must not be, import them into a new project, without one of the two or as one patient's.`,
    (films: number, film: string, twin: string) =>
      `다른 분할에 거의 같은 영상이 있는 영상이 ${films}장 있습니다(예: ${film}, ${twin}). 하나로 학습하고 다른 하나로 평가하게 됩니다. 들어온 영상은 옮기지 않습니다. 이를 피하려면 둘 중 하나를 빼거나 같은 환자로 적어 새 프로젝트로 가져오세요.`,
  ],
  twinsUnnamed: [
    (films: number) =>
      `${films} films have a near twin in another split: what is learned from one is scored on the other.`,
    (films: number) =>
      `다른 분할에 거의 같은 영상이 있는 영상이 ${films}장 있습니다. 하나로 학습하고 다른 하나로 평가하게 됩니다.`,
  ],
  lettering: [
    (films: number) =>
      `${films} films may carry burned-in text, as their lines say. Look at them before others see them: a name or a date in the pixels goes wherever the film goes.`,
    (films: number) =>
      `영상에 글자가 새겨져 있을 수 있는 영상이 ${films}장 있습니다. 다른 사람이 보기 전에 확인하세요. 픽셀에 새겨진 이름이나 날짜는 영상을 따라다닙니다.`,
  ],
  empty: [
    (split: string) => `No film was drawn into ${split}: there are too few patients for its share.`,
    (split: string) => `환자가 적어 ${split}에 들어간 영상이 없습니다.`,
  ],
  nobodyHere: [
    (finding: string, split: string | null, others: number) =>
      split ? `${finding}: no ${split} film has it; ${others} of the others do.` : `${finding}: no film has it.`,
    (finding: string, split: string | null, others: number) =>
      split
        ? `${finding}: ${split} 영상에는 없고, 나머지 중 ${others}장에 있습니다.`
        : `${finding}: 있는 영상이 없습니다.`,
  ],
  everybodyHere: [
    (finding: string, split: string | null) => `${finding}: every ${split ? `${split} ` : ""}film has it.`,
    (finding: string, split: string | null) => `${finding}: 모든 ${split ? `${split} ` : ""}영상에 있습니다.`,
  ],
});

/** What films with references lack, so that scores cannot tell. */
export const unscored = inBoth({
  nobody: [
    (split: string) => `No ${split} film has it, so that scores cannot tell how it is found:`,
    (split: string) => `${split} 영상에 없어 성능을 알 수 없는 소견:`,
  ],
  everybody: [
    (split: string) => `Every ${split} film has it, so that scores cannot tell false alarms:`,
    (split: string) => `${split} 영상 모두에 있어 거짓 양성을 알 수 없는 소견:`,
  ],
  untold: [
    (split: string) => `No ${split} film tells of it, so that it has no scores there:`,
    (split: string) => `${split} 영상에서 알 수 없어 성능이 없는 소견:`,
  ],
});
