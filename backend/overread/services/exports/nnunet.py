"""A data set of nnU-Net v2: films and label maps as PNG, and ``dataset.json``.

Findings overlap, so that a pixel's value is the sum of their bits, and a finding is nnU-Net's region of all values with
its bit. Where a machine is uncertain of a lesion that it drew, the pixels are nnU-Net's ``ignore``: if there is none
they are background, if there is one they are it, and the rest of the film is background either way. A film on which a
finding was not looked at, or is uncertain and nothing drawn, has no map that is true, and stays out.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from overread.domain.errors import InvalidInput
from overread.domain.imaging.films import unpack_film
from overread.domain.json_value import JsonValue
from overread.services.exports.folder import Folder, file_stem
from overread.services.exports.labels import LabelledFilm
from overread.services.exports.lines import json_line
from overread.services.exports.people import people
from overread.services.exports.png import png
from overread.storage import BlobStore

RESERVED = ("background", "ignore")
Values = NDArray[np.uint8] | NDArray[np.uint16]


def check_findings(findings: Sequence[str]) -> None:
    """Raise InvalidInput for a finding whose name nnU-Net means something else by."""
    for finding in findings:
        if finding in RESERVED:
            raise InvalidInput(f"nnU-Net has a meaning of its own for {finding!r}. Export the others with --finding.")


def write_nnunet(folder: Folder, films: Iterator[LabelledFilm], blobs: BlobStore, findings: Sequence[str]) -> None:
    """``imagesTr`` and ``labelsTr``; ``imagesTs`` and ``labelsTs`` for external films and those held out, which nnU-Net
    never trains on. ``patients.csv`` says whose film is whose, ``splits_final.json`` on which nnU-Net validates where
    there are films for both, ``labels.jsonl`` all the rest."""
    counts, ignored = Counter[str](), False
    train: list[str] = []
    development: list[str] = []
    with folder.lines("labels.jsonl") as tell, people(folder, "patients.csv") as name:
        for one in films:
            values = label_map(one, findings)
            if values is None:
                counts["left out"] += 1
                continue
            kind = "Ts" if one.film.split in ("external", "holdout") else "Tr"
            counts[kind] += 1
            ignored |= bool((values == 1 << len(findings)).any())
            stem = file_stem(one.film)
            image = f"images{kind}/{stem}_0000.png"
            folder.put(image, png(unpack_film(blobs.get(one.film.sha256))))
            folder.put(f"labels{kind}/{stem}.png", png(values))
            name(image, one.film)
            if kind == "Tr":
                (development if one.film.split == "development" else train).append(stem)
            for label in one.labels:
                tell(json_line(one.film, label, stem))
        if not counts["Tr"]:
            raise InvalidInput(
                f"No film that may be trained on is told of in full; {counts['left out']} are in part. Export one "
                "finding with --finding, or other labels."
            )
    if train and development:
        fold = {"train": train, "val": development}  # a patient's films lie on one side, as in our splits
        folder.put("splits_final.json", json.dumps([fold], indent=2).encode())
    folder.put("dataset.json", json.dumps(_data_set(findings, counts, ignored), indent=2).encode())


def label_map(one: LabelledFilm, findings: Sequence[str]) -> Values | None:
    """The values (height, width) of a film, uint8 where they fit: bit i for finding i, one more than all of them for
    ignore; None where a finding's pixels are not known."""
    labels = {label.finding: label for label in one.labels}
    ignore = 1 << len(findings)
    values = np.zeros((one.film.height, one.film.width), np.uint16)
    unsure = np.zeros(values.shape, bool)
    for bit, finding in enumerate(findings):
        label = labels.get(finding)
        if label is None or label.mask is None:
            return None
        if label.told == "uncertain":
            unsure |= label.mask.pixels
        else:
            values[label.mask.pixels] |= np.uint16(1 << bit)
    values[unsure] = ignore
    return values.astype(np.uint8) if ignore < 256 else values


def _data_set(findings: Sequence[str], counts: Counter[str], ignored: bool) -> dict[str, JsonValue]:
    bits = [1 << bit for bit in range(len(findings))]
    every = range(1, 1 << len(findings))
    regions: list[list[int]] = [[value for value in every if value & bit] for bit in bits]
    labels: dict[str, JsonValue] = {"background": 0}
    labels |= dict(zip(findings, regions if len(bits) > 1 else bits, strict=True))
    labels |= {"ignore": 1 << len(bits)} if ignored else {}
    told: dict[str, JsonValue] = {
        "channel_names": {"0": "film"},
        "labels": labels,
        "numTraining": counts["Tr"],
        "file_ending": ".png",
        "overread": {"films_in_imagesTs": counts["Ts"], "films_left_out": counts["left out"]},
    }
    return told | ({"regions_class_order": bits} if len(bits) > 1 else {})
