"""Films of a public collection, and what its tables say of them: matched by a key, told from both sides."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Generic, TypeVar

from overread.datasets.files.files import file_sha256, files_below, load_file, nfc
from overread.datasets.files.names import FindingOf
from overread.datasets.people.people import Person
from overread.datasets.reading import Box, Entry, Film, Masks, Refusal, Statement, no_masks
from overread.domain.errors import InvalidInput
from overread.domain.words import Says

PICTURES = {".png", ".jpg", ".jpeg"}
TABLE = ".csv.gz"  # comes beside films, as .csv does
LONGEST = 200  # letters of a name that a line tells
SEX = {"f": "F", "female": "F", "m": "M", "male": "M"}


@dataclass(frozen=True, slots=True)
class Labels:
    """What a row's labels say of a film: ``classes`` and ``statements`` as of an entry."""

    classes: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """What tables say of one film."""

    person: Person
    labels: Labels


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a film cannot come in, by what tables say of it."""

    reason: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why a film is not asked for: such films are counted, not named."""

    reason: str


Word = TypeVar("Word")


class Table(Generic[Word]):
    """What a table says of each film, by the film's key. Where two rows say different things of one, that is Wrong, and
    both are named."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.words: dict[str, Word | Wrong] = {}
        self._rows: dict[str, int] = {}

    def put(self, key: str, number: int, word: Word | Wrong) -> None:
        """What row ``number`` says. Raises InvalidInput where it says it of nothing."""
        if not key:
            raise InvalidInput(f"Row {number} of {self.name} names no film.")
        first = self._rows.setdefault(key, number)
        known = self.words.setdefault(key, word)
        if known != word and first > 0:
            self.words[key] = Wrong(f"rows {first} and {number} of {self.name} say different things of it")
            self._rows[key] = 0  # said once

    def refuse(self, key: str, reason: str) -> None:
        """What another table says makes a film wrong."""
        if key in self.words:
            self.words[key] = Wrong(reason)


@dataclass(frozen=True)
class Match:
    """A film that a table speaks of."""

    key: str
    name: str
    file: Path
    said: Said

    def entry(
        self,
        masks: Callable[[Film], Masks] = no_masks,
        boxes: Callable[[Film], Sequence[Box]] = lambda _film: (),
        whose: Person | None = None,
    ) -> Entry:
        """With its masks and boxes; ``whose`` film it is, where others than the tables say it."""
        return Entry(
            self.name,
            file_sha256=file_sha256(self.file),
            load=load_file(self.file),
            masks=masks,
            classes=self.said.labels.classes,
            statements=self.said.labels.statements,
            boxes=boxes,
            **asdict(whose or self.said.person),
        )


def match_films(
    folder: Path,
    films: Table[Said | LeftOut],
    key_of: Callable[[Path], str],
    missing: int,
    endings: Collection[str] = PICTURES,
) -> Iterator[Match | Refusal]:
    """Each film below the folder that its table speaks of; refused are all others, and rows whose film is missing
    (``missing`` of them by name, then how many more). Raises InvalidInput for a ``missing`` below 0."""
    if missing < 0:
        raise InvalidInput("missing is the number of missing films that are told by name, 0 or more.")
    below = files_below(folder)
    yield from below.refusals
    films_and_more = [file for file in below.files if not file.name.endswith(TABLE)]
    read = [file for file in films_and_more if file.suffix.lower() in endings]
    times = Counter(map(key_of, read))
    left_out = Counter[str]()
    for file in films_and_more:
        name, key = str(file.relative_to(folder)), key_of(file)
        word = films.words.get(key)
        if file.suffix.lower() not in endings:
            yield Refusal(name, f"it is not read; files ending in {', '.join(sorted(endings))} are")
        elif times[key] > 1:
            yield Refusal(name, f"it is one of {times[key]} files that {films.name} may mean by {key}: keep one")
        elif word is None:
            yield Refusal(name, f"{films.name} does not name it")
        elif isinstance(word, LeftOut):
            left_out[word.reason] += 1
        elif isinstance(word, Wrong):
            yield Refusal(name, word.reason)
        else:
            yield Match(key, name, file, word)
    absent = sorted(key for key, word in films.words.items() if key not in times and not isinstance(word, LeftOut))
    for key in absent[:missing]:
        yield Refusal(shown(key), f"{films.name} names it, and its file is missing")
    counted = [f"{n:,} {why}" for why, n in left_out.items()]
    if len(absent) > missing:
        counted.append(f"{len(absent) - missing:,} more films that it names are missing")
    if counted:
        yield Refusal(films.name, "; ".join(counted))


def unmatched(name: str, keys: Collection[str], what: str) -> Iterator[Refusal]:
    """One refusal of a second table's, of films in it that ``what`` is to be said of."""
    if keys:
        yield Refusal(name, f"{len(keys):,} of its films {what}, such as {shown(min(keys))}")


def in_tree(path: str) -> str:
    """The key of a film in a tree of patients: its patient's folder, its study's, its name without an ending."""
    whole = PurePosixPath(nfc(path).replace("\\", "/"))
    return "/".join((*whole.parts[-3:-1], whole.stem))


def shown(text: str) -> str:
    """A table's word as a line can tell it."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def person(patient: str | None, sex: str = "", age: float | None = None, view: str = "") -> Person:
    """Of what a table says, what is usable: female is F, a view is a short word in capitals, an age below 120."""
    usable = view.upper() if re.fullmatch(r"[A-Za-z0-9 ]{1,16}", view) else None
    return Person(patient, SEX.get(sex.casefold()), age if age is None or age < 120 else None, usable)


def statements(said: Mapping[str, Says | None], finding_of: FindingOf, reader: str = "") -> tuple[Statement, ...]:
    """Of what is said of each class of a source, None for nothing, what that says of the project's findings. A finding
    of several classes is present where one is, else uncertain where one is, and absent only where all are."""
    of: dict[str, list[Says | None]] = {}
    for name, says in said.items():
        if (finding := finding_of(name)) is not None:
            of.setdefault(finding, []).append(says)
    found = []
    for finding, words in of.items():
        strongest = next((word for word in ("present", "uncertain", None, "absent") if word in words), None)
        found += [Statement(finding, strongest, reader)] if strongest is not None else []
    return tuple(found)
