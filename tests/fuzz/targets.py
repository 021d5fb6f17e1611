"""What takes the bytes of each format in the product. A target returns where they come in and raises an OverreadError
where they are refused; anything else is a fault."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np

from overread.datasets.collections import siim
from overread.datasets.collections.chestxdet import read_chestxdet
from overread.datasets.decoding.decode import Decoder
from overread.datasets.files.files import parse_age
from overread.datasets.people.patients_table import read_people
from overread.datasets.people.people import TAGS
from overread.datasets.reading import MAX_PIXELS, Entry, Film
from overread.domain.errors import InvalidMask, UnreadableImage
from overread.domain.imaging.masks import Rle
from overread.services.loop.encoders import _check_safetensors

FILM = Film(np.zeros((20, 24), np.uint8))
SECONDS = 20.0  # for one mutant, twice what the child's processor has
Target = Callable[[bytes], None]
T = TypeVar("T")


class ChildDied(Exception):
    """The child that decodes ended over a file: the product refuses that file, and has to start another child."""


@contextmanager
def targets() -> Iterator[dict[str, Target]]:
    """By format; one child decodes for all."""
    with TemporaryDirectory(prefix="overread-fuzz-") as folder:
        decoder = Decoder(wall_seconds=SECONDS)
        try:
            yield _by_format(decoder, Path(folder))
        finally:
            decoder.close()


def _by_format(decoder: Decoder, folder: Path) -> dict[str, Target]:
    def film(data: bytes) -> None:
        decoded = _alive(lambda: decoder.decode(data))
        assert decoded.pixels.ndim == 2
        assert 0 < decoded.pixels.size <= MAX_PIXELS
        assert decoded.pixels.dtype in (np.uint8, np.uint16)
        assert decoded.spacing_mm is None or all(0.01 <= one <= 10 for one in decoded.spacing_mm)

    def dicom(data: bytes) -> None:
        told = _alive(lambda: decoder.read_tags(data, TAGS))
        assert list(told) == TAGS
        parse_age(told["PatientAge"])
        film(data)

    def mask(data: bytes) -> None:
        assert _alive(lambda: decoder.decode_mask(data)).dtype == np.bool_

    def either(data: bytes) -> None:
        film(data)
        with suppress(InvalidMask, UnreadableImage):
            mask(data)

    films = {"png": film, "jpeg": film, "dicom": dicom, "tiff": either, "bmp": either}
    return films | {"mask": mask, "rle": _runs} | _of_files(folder)


def _alive(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except UnreadableImage as refused:
        if refused.__cause__ is not None:
            raise ChildDied(type(refused.__cause__).__name__) from refused
        raise


def _of_files(folder: Path) -> dict[str, Target]:
    (folder / "images").mkdir()
    (folder / "images/a.png").touch()

    def written(name: str, read: Callable[[Path], None]) -> Target:
        def target(data: bytes) -> None:
            (folder / name).write_bytes(data)
            read(folder / name)

        return target

    return {
        "patients": written("patients.csv", _patients),
        "siim": written("train-rle.csv", _siim),
        "chestxdet": written("annotations.json", _chestxdet),
        "checkpoint": written("encoder.safetensors", _check_safetensors),
    }


def _patients(table: Path) -> None:
    for person in read_people(table, ["a.png", "b/c.png", "d.dcm"])[0].values():
        assert person.age is None or 0 <= person.age < 1000


def _siim(table: Path) -> None:
    for rows in list(siim._labels(table).values())[:3]:
        for row in rows[:3]:
            siim.decode_runs(row)


def _chestxdet(annotations: Path) -> None:
    for entry in read_chestxdet(annotations.parent, ["nodule", "pleural_effusion"]):
        if isinstance(entry, Entry):
            assert all(mask.shape == FILM.pixels.shape for mask in entry.masks(FILM).values())


def _runs(data: bytes) -> None:
    mask = Rle((20, 24), data.decode("latin-1"))
    assert mask.pixels.sum() == mask.area
    assert sum(box.height * box.width for box in mask.boxes) >= mask.area
    assert sum(region.mask.area for region in mask.regions) == sum(one.area for one in mask.regions) == mask.area
    assert mask.change(mask) == 0
