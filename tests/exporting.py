"""Films with labels, made up for exports, and what goes out of a loop."""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overread.domain.imaging.films import pack_film
from overread.domain.imaging.masks import Rle
from overread.domain.words import Decision, ExportSplit
from overread.services.exports import stream
from overread.services.exports.labels import Film, Label, LabelFilter, LabelledFilm, Machine, Word
from overread.storage import BlobStore
from tests.loop import Loop

Pixels = NDArray[np.bool_]
AT = "2026-11-29T10:00:00+00:00"
WORD = Word("Ada", "fix", "MEASURE", False, AT)


def machine(decision: Decision = "positive") -> Machine:
    return Machine(1, ("c" * 64,), 0.01, 0.85, 0.5, decision, 0.9, 0.8, 0.25, 0.7)


def film(file: str, size: tuple[int, int], split: ExportSplit = "train", sha256: str | None = None) -> Film:
    named = sha256 or hashlib.sha256(file.encode("utf-8", "surrogatepass")).hexdigest()
    return Film(file, named, "ward", f"p {file}", split, size[1], size[0], 8, 0.2, 0.2, "PA", "F", 61.0)


def drawn(finding: str, mask: Pixels) -> Label:
    return Label(finding, "lesion" if mask.any() else "no_lesion", "read", Rle.of(mask), AT, machine(), WORD)


def unsure(finding: str, mask: Pixels | None = None) -> Label:
    return Label(finding, "uncertain", "pseudo", None if mask is None else Rle.of(mask), AT, machine("uncertain"))


def labelled(file: str, *labels: Label, size: tuple[int, int] = (32, 32), split: ExportSplit = "train") -> LabelledFilm:
    return LabelledFilm(film(file, size, split), labels)


def with_pixels(blobs: BlobStore, one: LabelledFilm, bits: int = 8) -> LabelledFilm:
    """The film with pixels that nobody else has, in the store."""
    seed = int(one.film.sha256[:8], 16)
    shape = (one.film.height, one.film.width)
    pixels = np.random.default_rng(seed).integers(0, 1 << bits, shape)
    blob = blobs.put(pack_film(pixels.astype(np.uint8) if bits == 8 else pixels.astype(np.uint16)))
    return LabelledFilm(film(one.film.file, shape, one.film.split, blob), one.labels)


def shapes() -> dict[str, Pixels]:
    """Masks that encodings are wrong about."""
    hole = np.ones((9, 7), bool)
    hole[3:5, 2:4] = False
    border = np.zeros((8, 5), bool)
    border[[0, -1]] = border[:, [0, -1]] = True
    corner = np.zeros((6, 11), bool)
    corner[-1, -1] = True
    return {
        "one pixel": np.ones((1, 1), bool),
        "one empty pixel": np.zeros((1, 1), bool),
        "empty": np.zeros((17, 5), bool),
        "full": np.ones((5, 17), bool),
        "hole": hole,
        "checkerboard": np.indices((13, 8)).sum(axis=0) % 2 == 0,
        "border": border,
        "last pixel": corner,
        "large": np.kron(np.eye(8, dtype=bool), np.ones((512, 512), bool)),
    }


def out(loop: Loop, **where: Any) -> dict[tuple[str, str], Label]:
    """What goes out, by the film's hash and finding."""
    return {(one.film.sha256, label.finding): label for one in films(loop, **where) for label in one.labels}


def films(loop: Loop, **where: Any) -> list[LabelledFilm]:
    with loop.database.transaction() as session:
        export = stream.plan_export(session, loop.project_id, LabelFilter(**where))
    return list(stream.labelled_films(loop.database, export))
