"""Readers: one file a public format. Each yields entries and refusals; nothing here knows the database."""

import inspect
from collections.abc import Mapping
from typing import Any

from backend.datasets.chestxdet import read_chestxdet
from backend.datasets.folder import read_folder
from backend.datasets.phantom import phantom_of, read_phantom
from backend.datasets.reading import Reader
from backend.datasets.siim import read_siim
from backend.domain.errors import InvalidInput

READERS: dict[str, Reader] = {
    "phantom": read_phantom,
    "folder": read_folder,
    "chestxdet": read_chestxdet,
    "siim": read_siim,
}


def check_options(reader: str, options: Mapping[str, Any]) -> None:
    """Raise InvalidInput for a reader that there is not, or for an option that it does not have."""
    if reader not in READERS:
        raise InvalidInput(f"There is no reader {reader!r}; there are {', '.join(READERS)}.")
    if reader == "phantom":
        phantom_of(options)
        return
    known = [p.name for p in inspect.signature(READERS[reader]).parameters.values() if p.kind is p.KEYWORD_ONLY]
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise InvalidInput(f"The {reader} reader has no option {unknown[0]!r}; it has {', '.join(known)}.")
