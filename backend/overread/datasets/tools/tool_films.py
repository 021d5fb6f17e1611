"""Films that a tool's file names, and what it says of each: what the readers of COCO, CVAT and Label Studio share.

A finding is absent only where the file, or the user, says so. What is boxed, named without a place or said to be
labelled in part has no mask: it would be a part of the truth.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from overread.datasets.files.boxes import SPILL, placed
from overread.datasets.files.files import check_share, file_sha256, files_below, is_film, load_file, not_read
from overread.datasets.files.names import naming
from overread.datasets.people.owners import Owners, read_owners
from overread.datasets.people.patients_table import match_files, spell
from overread.datasets.reading import Box, Entry, Film, Masks, Refusal, Statement
from overread.datasets.tools.shapes import Corners, Draw, Size
from overread.domain.errors import InvalidInput, InvalidMask, NoClassMeant, UnreadableImage

MOST_SHAPES = 5_000  # on one film: each takes the time of all its pixels
INVERTED = "Draw the lesion, not what is around it."


@dataclass
class Drawing:
    """What a tool says of one image, in its own names of classes. ``size``: of the image, where the tool tells it.
    ``shapes`` draw masks at the film's size, and raise InvalidMask. ``boxes`` are in its pixels. ``present``: of the
    whole film, without a place; ``absent``: said to be not there; ``unsure``: labelled in part. ``reviewed``: somebody
    has looked for all classes, if the user says so. ``wrong``: why nothing of it can be used."""

    size: Size | None = None
    shapes: list[tuple[str, Draw]] = field(default_factory=list)
    boxes: list[tuple[str, Corners]] = field(default_factory=list)
    present: list[str] = field(default_factory=list)
    absent: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    reviewed: bool = True
    wrong: str = ""
    remark: str = ""

    @property
    def shown(self) -> set[str]:
        """Classes that are said to be there."""
        return {one for one, _ in self.shapes} | {one for one, _ in self.boxes} | set(self.present)


@dataclass
class ToolFile:
    """A tool's file: what it says of each image by the name that it has there, as ``spell`` has it; ``aliases`` to look
    for in turn where no film has the name, each with what is then to be said; the classes that it knows, those ``lost``
    of which a label lies on no film for certain; and what is refused of it."""

    file: Path
    images: dict[str, list[Drawing]] = field(default_factory=lambda: defaultdict(list))
    aliases: list[tuple[dict[str, str], str]] = field(default_factory=list)
    classes: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    refusals: list[Refusal] = field(default_factory=list)


@dataclass(frozen=True)
class Meant:
    """The project's findings that a file's classes mean."""

    findings: Mapping[str, str]
    empty: bool
    lost: frozenset[str]

    def of(self, classes: Iterable[str]) -> set[str]:
        """The findings that these classes mean."""
        return {self.findings[one] for one in classes if one in self.findings}

    def all_of(self, classes: Iterable[str]) -> set[str]:
        """The findings of which each class that means them is among these."""
        told = set(classes)
        return self.of(told) - self.of(self.findings.keys() - told)


def means_no_lesion(empty_means: str) -> bool:
    """Whether what is not labelled is not there; by default nobody knows. Raises InvalidInput for another word."""
    if empty_means not in ("", "no_lesion", "unknown"):
        raise InvalidInput("empty_means is no_lesion or unknown.")
    return empty_means == "no_lesion"


def meanings(classes: Iterable[str], findings: list[str], names: Mapping[str, str], where: str) -> dict[str, str]:
    """The finding of each class that has one. Raises NoClassMeant where none has: nothing would come in but films."""
    finding_of = naming(findings, names)
    known = sorted(set(classes))
    meant = {one: finding for one in known if (finding := finding_of(one)) is not None}
    if known and not meant:
        raise NoClassMeant(
            f"{where} labels {', '.join(map(repr, known[:20]))}, and this project has {', '.join(findings)}. Say which "
            f"is which with the option names: {json.dumps({'names': {known[0]: findings[0]}})}.",
            known,
        )
    return meant


def film_entries(
    folder: Path, told: ToolFile, meant: Meant, patients: str, patient_pattern: str
) -> Iterator[Entry | Refusal]:
    """The films that the file names; a refusal for each that is missing, is not surely one film, or is not named."""
    below = files_below(folder)
    films = {str(film.relative_to(folder)): film for film in below.files if is_film(film)}
    owners = read_owners(folder, films, patients, patient_pattern)
    found, unclear = _find(told, films)
    yield from (*below.refusals, *told.refusals, *owners.refusals)
    yield from (not_read(file, folder) for file in sorted({*below.files} - {*films.values(), told.file}))
    for name in sorted(told.images.keys() - found.keys()):
        yield Refusal(name, f"{told.file.name} names this film, and it is missing, or could be one of several")
    named = {film: name for name, film in found.items()}
    for name, film in films.items():
        if name in unclear:
            yield Refusal(name, f"{told.file.name} may name this film or another one: write whole paths")
        elif name not in named and name not in owners.refused:
            yield Refusal(name, f"{told.file.name} does not name it")
        elif name not in owners.refused:
            yield _entry(name, film, told.images[named[name]], owners, meant)


def _find(told: ToolFile, films: Mapping[str, Path]) -> tuple[dict[str, str], set[str]]:
    """The film of each name, and films that may be one of several's."""
    spelt = {spell(name): name for name in films}
    times = Counter(map(spell, films))
    found, unclear = match_files(told.images, spelt)
    for aliases, remark in told.aliases:
        left = {name: alias for name, alias in aliases.items() if name not in found}
        times_called = Counter(left.values())
        once = {alias: name for name, alias in left.items() if times_called[alias] == 1}
        by_alias, more = match_files(once, [film for film in spelt if film not in unclear | set(found.values())])
        unclear |= more
        for alias, film in by_alias.items():
            found[once[alias]] = film
            drawing = told.images[once[alias]][0]
            drawing.remark = "; ".join(filter(None, [drawing.remark, remark]))
    doubtful = {name for name in films if times[spell(name)] > 1 or spell(name) in unclear}
    return {name: spelt[film] for name, film in found.items() if spelt[film] not in doubtful}, doubtful


def _entry(name: str, film: Path, drawings: list[Drawing], owners: Owners, meant: Meant) -> Entry | Refusal:
    drawing = drawings[0]
    if len(drawings) > 1:
        return Refusal(name, f"it is named {len(drawings)} times: nobody says which labels count")
    if both := drawing.absent & drawing.shown:
        return Refusal(name, f"{min(both)} is said to be absent, and labelled")
    if len(drawing.shapes) > MOST_SHAPES:
        return Refusal(name, f"it has {len(drawing.shapes):,} shapes; at most {MOST_SHAPES:,} are drawn")
    if drawing.wrong:
        return Refusal(name, drawing.wrong)
    try:
        person = owners.person(name, film)
    except UnreadableImage as error:
        return Refusal(name, error.detail)
    labels = _Labels(drawing, meant)
    remarks = [person.remark, drawing.remark, *labels.remarks]
    return Entry(
        name,
        file_sha256=file_sha256(film),
        load=load_file(film),
        masks=labels.masks,
        boxes=labels.boxes,
        statements=tuple(Statement(finding, "present") for finding in sorted(meant.of(drawing.present))),
        classes=tuple(sorted(drawing.shown | drawing.absent)),
        assumed=labels.assumed,
        marked=lambda: meant.of(drawing.shown),
        **asdict(replace(person, remark="; ".join(filter(None, remarks)) or None)),
    )


class _Labels:
    """The labels of one film, drawn when asked."""

    def __init__(self, drawing: Drawing, meant: Meant) -> None:
        self._drawing, self._meant = drawing, meant
        drawn = meant.of(one for one, _ in drawing.shapes)
        boxed, unsure = meant.of(one for one, _ in drawing.boxes), meant.of(drawing.unsure)
        self._drawn = drawn - boxed - unsure
        assumed = meant.findings.keys() - meant.lost if meant.empty and drawing.reviewed else set()
        self._absent = meant.all_of(drawing.absent | assumed) - meant.of(drawing.shown) - unsure
        self.assumed = tuple(sorted(self._absent - meant.all_of(drawing.absent)))
        lost = meant.of(meant.lost) - self._drawn - self._absent if assumed else set()
        self.remarks = [
            f"{why}, so its mask is unknown: {', '.join(sorted(which))}"
            for why, which in (
                ("drawn in part and boxed in part", drawn & boxed),
                ("labelled in part", unsure),
                ("labels of it lie on no film that is known", lost),
            )
            if which
        ]

    def masks(self, film: Film) -> Masks:
        size = self._checked(film)
        masks = {finding: np.zeros(size, bool) for finding in sorted(self._absent | self._drawn)}
        for name, draw in self._drawing.shapes:
            finding = self._meant.findings.get(name)
            if finding in self._drawn:
                masks[finding] |= draw(size)
        for finding, mask in masks.items():
            if finding in self._drawn and not mask.any():
                raise InvalidMask(f"its labels of {finding} mark no pixel, which is no word for its absence")
            check_share(mask, f"its {finding}", INVERTED)
        return masks

    def boxes(self, film: Film) -> list[Box]:
        size, findings = self._checked(film), self._meant.findings
        boxes = [Box(findings[name], *corners) for name, corners in self._drawing.boxes if name in findings]
        return [placed(box, size, film, SPILL) for box in boxes]

    def _checked(self, film: Film) -> Size:
        """The film's size, which must be the file's."""
        height, width = film.pixels.shape
        told = self._drawing.size
        if told is not None and told != (height, width):
            raise InvalidMask(f"its labels are of {told[1]}×{told[0]} px, the film is {width}×{height}")
        return height, width
