"""Films and masks as PNG, in the folder that our own ``folder`` reader takes in."""

from collections.abc import Iterator, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from overread.domain.imaging.films import unpack_film
from overread.domain.words import ExportSplit
from overread.services.csv_lines import csv_line
from overread.services.exports.folder import Folder, file_stem
from overread.services.exports.labels import LabelledFilm
from overread.services.exports.lines import json_line
from overread.storage import BlobStore

# What the reader is told of a split: a pool's films are drawn anew, and on those held out nobody may ever train.
SPLITS: Mapping[ExportSplit, str] = {"pool": "", "holdout": "external"}
PEOPLE = ("file", "patient_id", "sex", "age", "view", "split", "source", "came_as")


def write_png(folder: Folder, films: Iterator[LabelledFilm], blobs: BlobStore) -> None:
    """``films/ab/NAME.png`` for each film, 8 or 16 bits as it came, and for each finding that was looked at
    ``films/ab/masks/NAME__FINDING.png``: 255 in the lesion, all 0 for none. No mask: uncertain, or not looked at.
    ``films/patients.csv`` says whose film is whose and where it may go, ``labels.jsonl`` all the rest."""
    with folder.lines("labels.jsonl") as tell, folder.lines("films/patients.csv") as name:
        name(csv_line(PEOPLE))
        for one in films:
            film, stem = one.film, file_stem(one.film)
            place = film.sha256[:2]  # a folder of a million files is slow to list
            folder.put(f"films/{place}/{stem}.png", png(unpack_film(blobs.get(film.sha256))))
            about = (
                film.patient,
                film.sex,
                film.age,
                film.view,
                SPLITS.get(film.split, film.split),
                film.source,
                film.file,
            )
            name(csv_line((f"{place}/{stem}.png", *about)))
            for label in one.labels:
                tell(json_line(film, label, stem))
                if label.told != "uncertain" and label.mask is not None:
                    mask = label.mask.pixels * np.uint8(255)
                    folder.put(f"films/{place}/masks/{stem}__{label.finding}.png", png(mask))


def png(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> bytes:
    """Grey pixels (height, width), uint8 or uint16, as a PNG of as many bits."""
    written, data = cv2.imencode(".png", pixels)
    assert written, "OpenCV writes every grey PNG"
    return data.tobytes()
