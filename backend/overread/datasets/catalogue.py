"""The readers as a user meets them: what each reads, and which options it has."""

import inspect
from dataclasses import dataclass, fields
from typing import Any

from overread.datasets import READERS
from overread.datasets.phantoms.phantom import Phantom


@dataclass(frozen=True)
class ReaderOption:
    """An option of a reader, and what it is where nobody says anything."""

    name: str
    default: Any


@dataclass(frozen=True)
class ReaderWords:
    """A reader by its name, a sentence of what it reads, whether it reads a folder, and its options."""

    name: str
    sentence: str
    needs_folder: bool
    options: list[ReaderOption]


def list_readers() -> list[ReaderWords]:
    """Every reader, by its own signature and its docstring's first sentence."""
    return [_words(name) for name in READERS]


def _words(name: str) -> ReaderWords:
    text = " ".join((inspect.getdoc(READERS[name]) or "").split()).replace("``", "")
    sentence = text.partition(". ")[0].rstrip(".") + "."
    if name == "phantom":
        return ReaderWords(name, sentence, False, [ReaderOption(one.name, one.default) for one in fields(Phantom)])
    parameters = inspect.signature(READERS[name]).parameters.values()
    own = [ReaderOption(one.name, one.default) for one in parameters if one.kind is one.KEYWORD_ONLY]
    return ReaderWords(name, sentence, True, own)
