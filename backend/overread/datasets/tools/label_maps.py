"""Label maps: a PNG beside each film whose pixels' values, or colours, are classes."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from overread.datasets.decoding.decode import decode_map
from overread.datasets.files.files import (
    Below,
    check_share,
    file_sha256,
    files_below,
    is_film,
    load_file,
    nfc,
    not_read,
    read_bytes,
)
from overread.datasets.people.owners import Owners, read_owners
from overread.datasets.reading import Entry, Film, Masks, Refusal, no_masks
from overread.domain.errors import InvalidMask, UnreadableImage

NO_MAP = "it has no label map, so nothing is known of it"
VOID = "its label map leaves pixels open, so that all of its findings are unknown"
BACKGROUND = "background"
Map = NDArray[np.uint16] | NDArray[np.uint32]


@dataclass(frozen=True)
class Legend:
    """What a pixel says: the ``values`` of each class, the findings that classes mean, and values that are ``void``:
    nobody said what lies there. ``colours``: values are 0xRRGGBB. ``absent``: a class that has no pixel is not there;
    else that is unknown."""

    values: Mapping[str, frozenset[int]]
    findings: Mapping[str, str]
    void: frozenset[int] = frozenset()
    colours: bool = False
    absent: bool = True

    def read(self, file: Path) -> Map:
        """The values (height, width) of a map; raises InvalidMask for one that cannot be read, or says more than
        the legend."""
        try:
            found = decode_map(read_bytes(file), colours=self.colours)
        except UnreadableImage as error:
            raise InvalidMask(f"{file.name}: {error.detail}") from None
        known = self.void.union(*self.values.values())
        if strange := sorted(set(np.unique(found).tolist()) - known):
            shown = f"#{strange[0]:06x}" if self.colours else str(strange[0])
            raise InvalidMask(f"{file.name} has pixels of {shown}, and nothing says which class that is")
        return found

    def masks(self, file: Path, film: Film) -> Masks:
        """The mask of each finding; none where the map leaves pixels open."""
        found = self.read(file)
        if found.shape != film.pixels.shape:
            (height, width), (h, w) = found.shape, film.pixels.shape
            raise InvalidMask(f"{file.name} is {width}×{height} px, its film {w}×{h}. Export it at the film's size.")
        if self.is_open(found):
            return {}
        values: dict[str, set[int]] = defaultdict(set)
        for name, finding in self.findings.items():
            values[finding] |= self.values[name]
        masks = {finding: np.isin(found, sorted(own)) for finding, own in values.items()}
        for finding, mask in masks.items():
            check_share(mask, f"{finding} in {file.name}", "See which value is the background.")
        return {finding: mask for finding, mask in masks.items() if self.absent or mask.any()}

    def is_open(self, found: Map) -> bool:
        """Whether some pixels are void."""
        return bool(np.isin(found, sorted(self.void)).any())

    def marked(self, there: set[int]) -> set[str]:
        """The findings that these values of a map are of."""
        return {finding for name, finding in self.findings.items() if self.values[name] & there}

    def classes(self, there: set[int]) -> tuple[str, ...]:
        """Classes that a map of these values labels: all where it says what is absent too."""
        return tuple(sorted(name for name, own in self.values.items() if self.absent or own & there))


def map_entries(
    folder: Path,
    images: Path,
    maps: Path,
    case: str,
    legend: Legend,
    patients: str,
    patient_pattern: str,
    others: Path | None = None,
) -> Iterator[Entry | Refusal]:
    """The films of one folder with the maps of another, both in ``folder``. A film is called as its map is, and
    ``case`` behind that. ``others``: a folder of films that are not read now, and that the table of patients may name.
    Refusals for maps without a film, for what is no film, and for two of one name."""
    below = files_below(images)
    films = _films(folder, below)
    called: dict[str, str] = {}
    for name, film in films.items():
        stem = nfc(film.relative_to(images).with_suffix("").as_posix())
        called[name] = stem.removesuffix(case) if stem.endswith(case) else ""
    not_now = _films(folder, files_below(others)) if others is not None and others.is_dir() else {}
    owners = read_owners(folder, films | not_now, patients, patient_pattern)
    beside = files_below(maps) if maps.is_dir() else Below()
    found: dict[str, list[Path]] = defaultdict(list)
    for file in beside.files:
        found[nfc(file.relative_to(maps).with_suffix("").as_posix())].append(file)
    for place, hidden in ((images, below.refusals), (maps, beside.refusals)):
        yield from (replace(one, file_name=str(place.relative_to(folder) / one.file_name)) for one in hidden)
    yield from (one for one in owners.refusals if one.file_name not in not_now)
    yield from (not_read(file, folder) for file in sorted({*below.files} - {*films.values()}))
    yield from _lonely(folder, found, called.values())
    times = Counter(called.values())
    for name, film in films.items():
        if not called[name]:
            yield Refusal(name, f"it is not called x{case}{film.suffix}, as a film of one channel is")
        elif times[called[name]] > 1 or len(found[called[name]]) > 1:
            yield Refusal(name, f"several films or label maps are called {called[name]}")
        elif name not in owners.refused:
            yield _entry(name, film, next(iter(found[called[name]]), None), legend, owners)


def _films(folder: Path, below: Below) -> dict[str, Path]:
    """By their paths below the folder."""
    return {str(film.relative_to(folder)): film for film in below.files if is_film(film)}


def _lonely(folder: Path, found: Mapping[str, list[Path]], called: Iterable[str]) -> Iterator[Refusal]:
    """Maps that no film has."""
    for stem in sorted(found.keys() - set(called)):
        for file in found[stem]:
            yield Refusal(str(file.relative_to(folder)), f"it labels the image {stem}, which is missing")


def _entry(name: str, film: Path, file: Path | None, legend: Legend, owners: Owners) -> Entry | Refusal:
    try:
        person = owners.person(name, film)
        found = legend.read(file) if file is not None else None
    except (UnreadableImage, InvalidMask) as error:
        return Refusal(name, error.detail)
    there = set[int](np.unique(found).tolist()) if found is not None else set[int]()
    remarks = [person.remark, NO_MAP if found is None else VOID if legend.is_open(found) else None]
    return Entry(
        name,
        file_sha256=file_sha256(film),
        load=load_file(film),
        masks=partial(legend.masks, file) if file is not None else no_masks,
        classes=legend.classes(there) if found is not None else (),
        marked=partial(legend.marked, there),
        **asdict(replace(person, remark="; ".join(filter(None, remarks)) or None)),
    )
