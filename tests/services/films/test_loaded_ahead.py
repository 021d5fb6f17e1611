"""Films are loaded while others are written: in order, no more at once than said, and none that is here already."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest

from overread.datasets.reading import Entry, Film, Refusal, no_masks
from overread.domain.errors import UnreadableImage
from overread.services.films.ahead import AT_ONCE, loaded_ahead

FILM = Film(np.zeros((4, 4), np.uint8))


def entry(name: str, load: Callable[[], Film] = lambda: FILM, sha256: Callable[[], str] | None = None) -> Entry:
    return Entry(name, None, sha256 or (lambda: f"sha {name}"), load, no_masks)


def refuse() -> Film:
    raise UnreadableImage("it is damaged")


def no_hash() -> str:
    raise UnreadableImage("it is no regular file")


def test_entries_come_in_their_order_and_say_when_asked_why_there_is_no_film() -> None:
    entries: list[Entry | Refusal] = [
        entry("a"),
        Refusal("b", "hidden"),
        entry("c", refuse),
        entry("d", refuse, no_hash),
        entry("e"),
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ahead = list(loaded_ahead(pool, entries, lambda _hashes: set()))
    assert [one.file_name for one in ahead] == ["a", "b", "c", "d", "e"]
    _a, told, damaged, none, last = ahead
    assert told == entries[1]
    assert isinstance(damaged, Entry) and isinstance(none, Entry) and isinstance(last, Entry)  # noqa: PT018
    for _ in range(2):  # an import asks again where another one was quicker
        with pytest.raises(UnreadableImage, match="damaged"):
            damaged.load()
    with pytest.raises(UnreadableImage, match="no regular file"):
        none.file_sha256()
    assert last.load() is FILM
    assert last.file_sha256() == "sha e"


def test_a_film_that_is_here_is_not_loaded() -> None:
    loaded: list[str] = []
    asked: list[str] = []

    def load(name: str) -> Film:
        loaded.append(name)
        return FILM

    def known(hashes: list[str]) -> set[str]:
        asked.extend(hashes)
        return {"sha b"}

    with ThreadPoolExecutor(AT_ONCE) as pool:
        ahead = list(loaded_ahead(pool, [entry(name, partial(load, name)) for name in "abc"], known))
    assert sorted(loaded) == ["a", "c"]
    assert asked == ["sha a", "sha b", "sha c"]
    assert isinstance(ahead[1], Entry)
    assert ahead[1].load() is FILM  # where its pixels are wanted all the same


def test_others_load_while_one_is_written_and_no_more_than_said() -> None:
    begun = threading.Semaphore(0)
    count = 10 * AT_ONCE
    loads = []

    def load() -> Film:
        loads.append(1)
        begun.release()
        return FILM

    with ThreadPoolExecutor(AT_ONCE) as pool:
        ahead = loaded_ahead(pool, [entry(str(number), load) for number in range(count)], lambda _hashes: set())
        next(ahead)
        for _ in range(AT_ONCE + 1):  # the one that is here, and those ahead of it
            assert begun.acquire(timeout=60)
        assert len(loads) == AT_ONCE + 1
        assert len(list(ahead)) == count - 1
