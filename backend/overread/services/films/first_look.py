"""One look through a source's entries before the first film comes: where patients go whose films are here already, and
where new ones do."""

from collections import defaultdict
from collections.abc import Iterator

from overread.datasets.reading import Entry
from overread.db.session import Database
from overread.db.tables import Source
from overread.domain.errors import InvalidMask, UnreadableImage
from overread.services.films.anchors import Side, anchor_patients, nobodys_films
from overread.services.films.splits import Drawn, is_drawn_by_finding, splits_by_finding

NOTHING = frozenset[str]()


def look_through(database: Database, source: Source, entries: Iterator[Entry]) -> Drawn:
    """The splits that patients are drawn into by what the source declares of them; patients who are now said to have
    films that were nobody's get these films' split. The entries are asked for only if there is anything to learn of
    them, and only once. Raises InvalidInput as ``anchor_patients`` does."""
    with database.transaction() as session:
        nobodys = nobodys_films(session, source)
    drawn = is_drawn_by_finding(source)
    declared: dict[str, frozenset[str]] = {}
    sets: dict[frozenset[str], frozenset[str]] = {}  # one object for equal ones: there are few, and many patients
    sides: dict[str, dict[Side, str]] = defaultdict(dict)
    for entry in entries if drawn or nobodys else ():
        if drawn and entry.split is None:
            findings = declared.get(entry.owner, NOTHING) | _declared(entry)
            declared[entry.owner] = sets.setdefault(findings, findings)
        if entry.patient is not None and entry.file_name in nobodys:
            sides[entry.patient].setdefault(nobodys[entry.file_name], entry.file_name)
    with database.transaction() as session:
        anchor_patients(session, source, sides)
    return splits_by_finding(source, declared)


def _declared(entry: Entry) -> frozenset[str]:
    try:
        return entry.declared()
    except (InvalidMask, UnreadableImage):  # its line tells it
        return NOTHING
