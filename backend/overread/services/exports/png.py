"""Films and masks as PNG, in the folder that our own ``folder`` reader takes in."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from overread.domain.imaging.films import unpack_film
from overread.services.exports.folder import Folder, file_stem
from overread.services.exports.labels import LabelledFilm
from overread.services.exports.lines import json_line
from overread.services.exports.people import people
from overread.storage import BlobStore


def write_png(folder: Folder, films: Iterator[LabelledFilm], blobs: BlobStore) -> None:
    """``films/ab/NAME.png`` for each film, 8 or 16 bits as it came, and for each finding that was looked at
    ``films/ab/masks/NAME__FINDING.png``: 255 in the lesion, all 0 for none. No mask: uncertain, or not looked at.
    ``films/patients.csv`` says whose film is whose and where it may go, ``labels.jsonl`` all the rest."""
    with folder.lines("labels.jsonl") as tell, people(folder, "films/patients.csv") as name:
        for one in films:
            film, stem = one.film, file_stem(one.film)
            place = film.sha256[:2]  # a folder of a million files is slow to list
            folder.put(f"films/{place}/{stem}.png", png(unpack_film(blobs.get(film.sha256))))
            name(f"{place}/{stem}.png", film)
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
