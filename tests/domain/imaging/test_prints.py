"""Near twins: a film exported again is one, another film is none, however alike chests are."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from overread.datasets.phantoms.phantom import Phantom, make_film
from overread.domain.imaging.prints import Prints, fingerprint

Film = NDArray[np.uint8]
Again = NDArray[np.uint8] | NDArray[np.uint16]
COUNT = 40
FILMS = [np.rint(make_film(Phantom(size=128), number)[0] * 255).astype(np.uint8) for number in range(COUNT)]


def prints_of(films: list[Film]) -> Prints:
    prints = Prints()
    prints.add([fingerprint(film) for film in films])
    return prints


def lossy(film: Film) -> Film:
    _, jpeg = cv2.imencode(".jpg", film, [cv2.IMWRITE_JPEG_QUALITY, 60])
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE), np.uint8)


def window(film: Film) -> Film:
    low, high = np.percentile(film, (5, 90))
    return np.asarray(np.clip((film - low) / (high - low) * 255, 0, 255), np.uint8)


COPIES: dict[str, Callable[[Film], Again]] = {
    "jpeg": lossy,
    "half": lambda film: cv2.resize(film, (64, 64), interpolation=cv2.INTER_AREA).astype(np.uint8),
    "wider": lambda film: cv2.resize(film, (300, 200)).astype(np.uint8),
    "brighter": lambda film: np.rint(255 * (film / 255) ** 0.6).astype(np.uint8),
    "window": window,
    "equalised": lambda film: cv2.equalizeHist(film).astype(np.uint8),
    "12 bits": lambda film: film.astype(np.uint16) * 16,
    "cut": lambda film: film[1:-1, 1:-1],
    "mirrored": lambda film: film[:, ::-1],
    "negative": lambda film: 255 - film,
}


@pytest.mark.parametrize("name", COPIES)
def test_a_film_exported_again_is_a_near_twin_of_itself_alone(name: str) -> None:
    prints = prints_of(FILMS)
    for number in range(0, COUNT, 4):
        assert prints.like(fingerprint(COPIES[name](np.ascontiguousarray(FILMS[number])))) == [number]


def test_another_film_is_no_twin() -> None:
    """Phantoms are drawn by one code: people are less alike."""
    prints = prints_of(FILMS)
    assert [prints.like(fingerprint(film)) for film in FILMS] == [[number] for number in range(COUNT)]


def test_the_most_alike_come_first_and_films_may_come_one_by_one() -> None:
    prints = Prints()
    assert prints.like(fingerprint(FILMS[0])) == []
    for film in (FILMS[5], lossy(FILMS[0]), FILMS[0], FILMS[6]):
        prints.add([fingerprint(film)])
    prints.add([])
    assert prints.like(fingerprint(FILMS[0])) == [2, 1]


@pytest.mark.parametrize("shape", [(40, 40), (1, 900), (64, 64)])
def test_a_film_without_detail_is_like_none(shape: tuple[int, int]) -> None:
    for blank in (np.zeros(shape, np.uint8), np.full(shape, 60_000, np.uint16)):
        assert fingerprint(blank) == b""
        prints = Prints()
        prints.add([fingerprint(blank), fingerprint(FILMS[0])])
        assert prints.like(fingerprint(blank)) == []
        assert prints.like(fingerprint(FILMS[0])) == [1]
