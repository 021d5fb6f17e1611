/** What goes out of a project: formats, and whose words. */

import { inBoth } from "./language";

export const exports = inBoth({
  open: ["Export labels…", "라벨 내보내기…"],
  format: ["Format", "형식"],
  coco: ["COCO: masks and boxes", "COCO: 마스크와 상자"],
  jsonl: ["JSON lines: all that is known", "JSON: 모든 정보"],
  boxes: ["CSV of boxes", "상자 CSV"],
  png: ["PNG: films and masks", "PNG: 영상과 마스크"],
  nnunet: ["nnU-Net data set", "nnU-Net 데이터셋"],
  seg: ["DICOM SEG", "DICOM SEG 객체"],
  parquet: ["Parquet", "Parquet 파일"],
  webdataset: ["WebDataset", "WebDataset 파일"],
  finding: ["Finding", "소견"],
  everyFinding: ["all", "전체"],
  by: ["Whose word", "누구의 라벨"],
  everybody: ["whoever's stands", "현재 유효한 것"],
  reference: ["references", "기준 마스크"],
  read: ["readers'", "판독"],
  pseudo: ["the machine's", "기계"],
  public: ["public labels", "공개 라벨"],
  take: ["Download", "내려받기"],
  rest: [
    "Formats of many files come as one tar, films with them. SIIM is written by overread export. Films that are held out are marked so: nobody may train on them.",
    "여러 파일로 된 형식은 영상을 포함해 tar 파일 하나로 받습니다. SIIM 형식은 overread export로 씁니다. 홀드아웃 영상은 표시되어 있으며 학습에 쓰면 안 됩니다.",
  ],
});
