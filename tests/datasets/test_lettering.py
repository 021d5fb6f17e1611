"""Burned-in text: letters in a row are found on any film, what every film has is none, and the header has its say."""

from itertools import product

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from pydicom.uid import DigitalXRayImageStorageForPresentation, SecondaryCaptureImageStorage

from overread.datasets.decoding.decode import decode
from overread.datasets.decoding.lettering import LEAST, LETTERS, MAY, MOST, TEXTURE, _pieces, has_lettering
from overread.datasets.phantoms.phantom import Phantom, make_film
from tests.datasets.films import dicom, png

NAMES = ["DOE^JOHN 1961-04-12", "KIM MINSU", "ID 0031245", "12.03.2019 14:22", "PORTABLE"]
PLACES = [(8, 30), (250, 30), (8, 480), (200, 470), (60, 250)]
FILMS = [
    np.asarray(np.rint(255 * make_film(Phantom(size=512, seed=3, distractors=1.0), number)[0]), np.uint8)
    for number in range(4)
]


def drawn(film: np.ndarray, words: str, size: int, place: tuple[int, int], grey: int = 255) -> np.ndarray:
    canvas = Image.fromarray(film)
    ImageDraw.Draw(canvas).text(place, words, fill=grey, font=ImageFont.load_default(size), anchor="ls")
    return np.array(canvas)


def put(film: np.ndarray, words: str, scale: float, place: tuple[int, int]) -> np.ndarray:
    return cv2.putText(film.copy(), words, place, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 1, cv2.LINE_AA)


def test_letters_in_a_row_are_found_wherever_they_stand() -> None:
    films = [
        *(drawn(film, *how) for film, how in product(FILMS[:2], product(NAMES, (10, 16, 24), PLACES))),
        *(put(film, *how) for film, how in product(FILMS[2:], product(NAMES, (0.35, 0.5, 0.8), PLACES))),
    ]
    assert np.mean([has_lettering(film) for film in films]) > 0.95


@pytest.mark.parametrize("size", [40, 60])
def test_so_are_large_ones_black_ones_and_those_of_16_bits(size: int) -> None:
    large = cv2.resize(FILMS[0], (2048, 2048), interpolation=cv2.INTER_CUBIC)
    assert has_lettering(drawn(large, NAMES[0], size, (100, 200)))
    assert has_lettering(255 - drawn(FILMS[1], NAMES[0], 16, (60, 250)))
    assert has_lettering(drawn(FILMS[1], NAMES[0], 16, (60, 250)).astype(np.uint16) * 16)


@pytest.mark.parametrize("coarse", [0.6, 1.5, 3.0])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 1.0])
def test_its_pieces_are_those_that_opencv_tells_of(coarse: float, share: float) -> None:
    chance = np.random.default_rng(1)
    blurred = cv2.GaussianBlur(chance.normal(size=(180, 230)), (0, 0), coarse)
    mask = blurred >= np.quantile(blurred, 1 - share)
    greys = np.asarray(chance.integers(0, 256, blurred.shape), np.uint8)
    count, numbers, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=8)
    told = [
        (x, y, w, h, greys[numbers == number].max())
        for number, (x, y, w, h, area) in enumerate(stats.tolist())
        if number and LEAST <= h <= MOST and w <= 4 * h and 8 * area >= w * h
    ]
    assert count <= TEXTURE
    assert _pieces(greys, mask).tolist() == [list(one) for one in sorted(told)]


NO_LETTERS = {
    **{f"film {number}": film for number, film in enumerate(FILMS)},
    **{f"film {number} with L": drawn(film, "L", 24, (20, 60)) for number, film in enumerate(FILMS)},
    "film with AP": drawn(FILMS[0], "AP", 20, (20, 60)),
    "nothing": np.zeros((64, 64), np.uint16),
    "a line": np.full((1, 50_000), 7, np.uint8),
    "a few pixels": np.arange(9, dtype=np.uint8).reshape(9, 1),
}


@pytest.mark.parametrize("kind", NO_LETTERS)
def test_films_and_markers_are_no_row_of_letters(kind: str) -> None:
    assert not has_lettering(NO_LETTERS[kind])


def test_what_comes_in_says_so_in_its_line_whatever_it_is_written_in() -> None:
    lettered = drawn(FILMS[0], NAMES[0], 16, (20, 60))
    jpeg = cv2.imencode(".jpg", lettered)[1].tobytes()
    for data in (png(lettered), jpeg, dicom(lettered), png(lettered.astype(np.uint16) * 200)):
        assert LETTERS in decode(data).remarks
    assert MAY not in "".join(decode(png(FILMS[0])).remarks + decode(dicom(FILMS[0])).remarks)


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ({"BurnedInAnnotation": "YES"}, "its header says so"),
        ({"BurnedInAnnotation": "YES", "SOPClassUID": DigitalXRayImageStorageForPresentation}, "its header says so"),
        ({"BurnedInAnnotation": "NO", "SOPClassUID": SecondaryCaptureImageStorage}, ""),
        ({"SOPClassUID": SecondaryCaptureImageStorage}, "captured or scanned"),
        ({"ConversionType": "WSD"}, "captured or scanned"),
        ({}, ""),
    ],
)
def test_a_header_that_says_so_or_of_a_capture_that_says_nothing(tags: dict[str, str], told: str) -> None:
    remarks = [remark for remark in decode(dicom(FILMS[0], **tags)).remarks if remark.startswith(MAY)]
    assert len(remarks) == bool(told)
    assert told in "".join(remarks)


def test_noise_is_looked_at_as_fast_as_any_film() -> None:
    """A film of noise has a piece with holes without number; following each took a minute, and refused the film."""
    chance = np.random.default_rng(0)
    for side in (2048, 7000):
        pixels = chance.integers(0, 65535, (side, side)).astype(np.uint16)
        assert decode(png(pixels)).pixels.shape == (side, side)
