"""Films are made ready while others are written: in order, a batch ahead, and none that is here already."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from overread.datasets.reading import Entry, Film, Refusal, no_masks
from overread.domain.errors import InvalidInput, UnreadableImage
from overread.domain.imaging.films import unpack_film
from overread.domain.imaging.masks import Rle
from overread.domain.imaging.prints import fingerprint
from overread.services.films.ahead import AT_ONCE, Coming, ready_ahead, threads
from overread.storage import BlobStore

FILM = Film(np.arange(16, dtype=np.uint16).reshape(4, 4), (0.1, 0.2), ("a remark",))


def entry(name: str, load: Callable[[], Film] = lambda: FILM, sha256: Callable[[], str] | None = None) -> Entry:
    return Entry(name, None, sha256 or (lambda: f"sha {name}"), load, no_masks)


def refuse() -> Film:
    raise UnreadableImage("it is damaged")


def no_hash() -> str:
    raise UnreadableImage("it is no regular file")


def nothing(_hashes: list[str]) -> set[str]:
    return set()


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path, reserve=0)


def names(batch: list[Coming | Refusal]) -> list[str]:
    return [one.file_name if isinstance(one, Refusal) else one.entry.file_name for one in batch]


def films(batch: list[Coming | Refusal]) -> list[Coming]:
    return [one for one in batch if isinstance(one, Coming)]


def test_entries_come_in_their_order_and_say_when_asked_why_there_is_no_film(blobs: BlobStore) -> None:
    told = Refusal("b", "hidden")
    batches: list[list[Entry | Refusal]] = [
        [entry("a"), told, entry("c", refuse), entry("d", refuse, no_hash)],
        [entry("e")],
    ]
    with threads() as pool:
        first, second = ready_ahead(pool, blobs, batches, nothing)
    assert (names(first), names(second)) == (["a", "b", "c", "d"], ["e"])
    assert first[1] == told
    _a, damaged, none = films(first)
    for _ in range(2):  # an import asks again where another one was quicker
        with pytest.raises(UnreadableImage, match="damaged"):
            damaged.ready()
    with pytest.raises(UnreadableImage, match="no regular file"):
        none.entry.file_sha256()
    assert films(second)[0].entry.file_sha256() == "sha e"


def test_what_is_ready_has_a_blob_and_all_that_its_rows_are_written_from(blobs: BlobStore) -> None:
    mask = np.eye(4, dtype=bool)
    drawn = Entry("a", None, lambda: "sha", lambda: FILM, lambda film: {"nodule": mask[: film.pixels.shape[0]]})
    with threads() as pool:
        (ready,) = [one.ready() for batch in ready_ahead(pool, blobs, [[drawn]], nothing) for one in films(batch)]
    assert (unpack_film(blobs.get(ready.sha256)) == FILM.pixels).all()
    assert (ready.detail, ready.masks) == (fingerprint(FILM.pixels), {"nodule": Rle.of(mask)})
    told = ready.film
    assert (told.pixels.shape, told.bits, told.spacing_mm, told.remarks) == ((4, 4), 16, (0.1, 0.2), ("a remark",))
    assert told.pixels.strides == (0, 0)  # no pixels are kept


def test_a_film_that_is_here_is_not_loaded(blobs: BlobStore) -> None:
    loaded: list[str] = []
    asked: list[str] = []

    def load(name: str) -> Film:
        loaded.append(name)
        return FILM

    def known(hashes: list[str]) -> set[str]:
        asked.extend(hashes)
        return {"sha b"}

    with threads() as pool:
        (batch,) = ready_ahead(pool, blobs, [[entry(name, partial(load, name)) for name in "abc"]], known)
        a, b, c = films(batch)
        assert a.ready().sha256 == c.ready().sha256
    assert sorted(loaded) == ["a", "c"]
    assert asked == ["sha a", "sha b", "sha c"]
    assert b.ready().film.bits == 16  # where its pixels are wanted all the same


def test_films_of_the_next_batch_are_made_ready_while_one_is_written_and_of_no_further(blobs: BlobStore) -> None:
    begun = threading.Semaphore(0)
    loads = []

    def load() -> Film:
        loads.append(1)
        begun.release()
        return FILM

    batches = [[entry(f"{number} {batch}", load) for number in range(5)] for batch in range(4)]
    with threads() as pool:
        ahead = ready_ahead(pool, blobs, batches, nothing)
        next(ahead)
        for _ in range(10):
            assert begun.acquire(timeout=60)
        assert len(loads) == 10
        assert [one.ready().sha256 for batch in ahead for one in films(batch)]
    assert len(loads) == 20


def test_what_a_reader_found_before_it_failed_comes(blobs: BlobStore) -> None:
    def batches() -> Iterator[list[Entry | Refusal]]:
        yield [entry("a")]
        raise InvalidInput("its table ends in the middle of a line")

    came = []
    with threads() as pool, pytest.raises(InvalidInput, match="middle"):
        for batch in ready_ahead(pool, blobs, batches(), nothing):
            came += names(batch)
    assert came == ["a"]


def test_what_has_not_begun_when_an_import_stops_never_begins(blobs: BlobStore) -> None:
    begun, go_on = threading.Semaphore(0), threading.Event()
    loads = []

    def load() -> Film:
        loads.append(1)
        begun.release()
        assert go_on.wait(timeout=60)
        return FILM

    with pytest.raises(KeyboardInterrupt), threads() as pool:
        next(ready_ahead(pool, blobs, [[entry(str(number), load) for number in range(AT_ONCE + 20)]], nothing))
        for _ in range(AT_ONCE):
            assert begun.acquire(timeout=60)
        threading.Timer(0.1, go_on.set).start()  # those that have begun end
        raise KeyboardInterrupt
    assert len(loads) < AT_ONCE + 20
