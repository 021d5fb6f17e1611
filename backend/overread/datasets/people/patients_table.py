"""Whose films they are, by a table: ``file``, ``patient_id`` and, if you like, ``sex``, ``age``, ``view``, ``split``.

A row is its film's by the path that it writes, or by an end of that path where only one film has it: as it stands, then
whatever the case of its letters, then whatever the ending. No film gets a patient that might be another's.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from overread.datasets.files.files import nfc, parse_age
from overread.datasets.files.tables import read_rows
from overread.datasets.people.people import Person
from overread.datasets.reading import Refusal
from overread.domain.errors import InvalidInput
from overread.domain.words import Split

COLUMNS = ("file", "patient_id", "sex", "age", "view", "split")
SPLITS: dict[str, Split] = {"train": "train", "development": "development", "external": "external"}
# What tables write where they know nothing.
NOTHING = {"", "nan", "none", "null", "na", "n/a", "<na>"}
Spelling = Callable[[str], str]


def read_people(table: Path, films: list[str]) -> tuple[dict[str, Person], list[Refusal]]:
    """The person of each film (paths below the table's folder), and what is refused: in one, rows without a film; and
    every film that might be theirs. Without the table nobody is known. Raises InvalidInput for a table that leaves open
    whose films they are."""
    if not table.exists():
        return {}, []
    rows = _rows(table)
    times = Counter(spell(film) for film in films)
    spelt = {spell(film): film for film in films}
    found, unclear = match_files(rows, spelt)
    people = {spelt[film]: rows[row] for row, film in found.items()}
    refusals = [
        Refusal(film, f"{table.name} may name this film or another one: write whole paths, and no name in two ways")
        for film in films
        if spell(film) in unclear or times[spell(film)] > 1
    ]
    absent = sorted(set(rows) - set(found))
    if absent:
        reason = f"{len(absent)} of its rows name films that are missing, such as {absent[0]}"
        lost = f"{table.name} does not name it, and it may be one that is missing there: give it a row, if need be with"
        refusals += [Refusal(table.name, reason)]
        refusals += [
            Refusal(name, f"{lost} an empty patient_id")
            for film, name in spelt.items()
            if name not in people and film not in unclear and times[film] == 1
        ]
    return people, refusals


def _rows(table: Path) -> dict[str, Person]:
    """The table's rows by the file that they name."""
    rows: dict[str, Person] = {}
    for number, told in read_rows(table, ("file", "patient_id"), COLUMNS):
        if not told["file"]:
            raise InvalidInput(f"Row {number} of {table.name} names no file.")
        file = spell(told["file"])
        if file in rows:
            raise InvalidInput(f"{table.name} names {told['file']!r} twice. Say once whose film it is.")
        text = {name: None if told.get(name, "").casefold() in NOTHING else told[name] for name in COLUMNS}
        age, split = parse_age(text["age"] or ""), _split(table, number, text["split"])
        rows[file] = Person(_patient(text["patient_id"]), text["sex"], age, text["view"], split)
    _check_patients(table, list(rows.values()))
    return rows


def _patient(text: str | None) -> str | None:
    """The patient's key; 12.0 is 12, as programs write whole numbers where some are missing."""
    return re.sub(r"^(\d+)\.0+$", r"\1", text) if text else None


def _split(table: Path, number: int, text: str | None) -> Split | None:
    """The split that a row names; raises InvalidInput for another word: nobody guesses what "test" is for."""
    if text is not None and text.casefold() not in SPLITS:
        raise InvalidInput(
            f"Row {number} of {table.name} has the split {text!r}; it is train, development (thresholds are chosen on "
            "it) or external (scores are told of it)."
        )
    return SPLITS[text.casefold()] if text is not None else None


def _check_patients(table: Path, people: Sequence[Person]) -> None:
    """Raise InvalidInput where two patients are probably one, since they would lie on two sides of a split, or where
    one is said to."""
    sides: dict[str, Split | None] = {}
    for person in (person for person in people if person.patient):
        side = sides.setdefault(person.patient or "", person.split)
        if side != person.split:
            told = " and ".join(split or "no split" for split in (side, person.split))
            raise InvalidInput(f"{table.name} puts patient {person.patient} into {told}. A patient lies in one split.")
    known: dict[str, str] = {}
    for patient in (person.patient for person in people if person.patient):
        other = known.setdefault(patient.casefold().lstrip("0"), patient)
        if other != patient:
            raise InvalidInput(f"{table.name} has a patient {other} and a patient {patient}. Write each in one way.")


def spell(name: str) -> str:
    """A path as it is compared: accents in one way, / between its parts."""
    return PurePosixPath(nfc(name).replace("\\", "/")).as_posix()


def _bare(name: str) -> str:
    return re.sub(r"\.(png|jpe?g|tiff?|bmp|dcm|dicom)$", "", name.casefold())


def match_files(rows: Iterable[str], films: Iterable[str]) -> tuple[dict[str, str], set[str]]:
    """The film of each row, and films of which it is not clear whether a row means them; both as ``spell`` has them."""
    found: dict[str, str] = {}
    unclear: set[str] = set()
    left = set(rows)
    spellings: tuple[Spelling, ...] = (str, str.casefold, _bare)
    for spell in spellings:
        taken = unclear | set(found.values())
        claims = _claims(left, [film for film in films if film not in taken], spell)
        several = Counter(row for claiming in claims.values() for row in claiming)
        for film, claiming in claims.items():
            closest = [row for row in claiming if spell(row) == spell(film)] or claiming
            if len(closest) == 1 and several[closest[0]] == 1:
                found[closest[0]] = film
            else:
                unclear.add(film)
        left -= {row for row, times in several.items() if times > 1} | set(found)
    return found, unclear


def _claims(rows: Iterable[str], films: Iterable[str], spell: Spelling) -> dict[str, list[str]]:
    """The rows that may mean each film: one of both paths is the other, or an end of it."""
    whole: dict[str, list[str]] = defaultdict(list)
    ending: dict[str, list[str]] = defaultdict(list)
    for film in films:
        whole[spell(film)].append(film)
        for end in _ends(spell(film)):
            ending[end].append(film)
    claims: dict[str, list[str]] = defaultdict(list)
    for row in sorted(rows):
        text = spell(row)
        shorter = (whole[end] for end in _ends(text) if end in whole)
        for film in whole.get(text) or ending.get(text) or next(shorter, []):
            claims[film].append(row)
    return claims


def _ends(path: str) -> Iterator[str]:
    """What remains of a path without its first folder, its first two and so on."""
    while "/" in path:
        path = path.partition("/")[2]
        yield path
