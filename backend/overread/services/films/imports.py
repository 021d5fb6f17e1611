"""Films in: each file of a source ends as added, changed, unchanged or refused, and importing twice adds nothing."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from itertools import islice
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from overread.datasets import READERS
from overread.datasets.files.names import naming
from overread.datasets.reading import Beside, Entry, Refusal
from overread.db.session import Database
from overread.db.tables import Image, Project, Source
from overread.domain.errors import BucketUnreachable, DiskFull, InvalidInput, OverreadError
from overread.domain.sources import ClassCount, SourceNote
from overread.services.films.ahead import Coming, ready_ahead, threads
from overread.services.films.arrivals import arrive
from overread.services.films.first_look import look_through
from overread.services.films.here import Here
from overread.services.films.import_lines import Line, forget_refused, store_lines
from overread.services.films.notes import source_notes
from overread.services.films.options import names_of, of_reader
from overread.services.films.splits import Drawn
from overread.services.films.twins import Twins
from overread.services.trail import record
from overread.storage import BlobStore

BATCH = 32
LONGEST_PATH, LONGEST_PATIENT = 2000, 256  # bytes, and letters
CLASSES = 1000  # of a source's own names for findings that are kept


def import_source(
    database: Database, blobs: BlobStore, source_id: int, on_line: Callable[[Line], None] = lambda _line: None
) -> Counter[str]:
    """Read every file of a source, in transactions of a few files; returns how many files ended how."""
    with database.transaction() as session:
        began = session.scalars(select(func.now())).one()
        source = session.get_one(Source, source_id)
        project = session.get_one(Project, source.project_id)
    folder = Path(source.path) if source.path else None
    read = partial(READERS[source.reader], folder, project.findings, **of_reader(source.options))
    stored = (_storable(one) for one in read() if isinstance(one, Entry))
    drawn = look_through(database, source, (one for one in stored if isinstance(one, Entry)))
    outcomes: Counter[str] = Counter()
    beside: list[SourceNote] = []
    classes: Counter[str] = Counter()
    twins = Twins(source.project_id)
    twins.look_at_earlier(database, blobs)
    with threads() as pool:
        for batch in ready_ahead(pool, blobs, _batches(read(), beside), partial(_known, database, source_id)):
            with database.transaction() as session:
                twins.wait(session)
                try:
                    lines = _import_batch(session, project, source, drawn, twins, batch)
                except IntegrityError:  # another import of the same film was quicker: now we see its row
                    lines = _import_batch(session, project, source, drawn, twins, batch)
                store_lines(session, source, lines)
            outcomes.update(line.outcome for line in lines)
            for one, line in zip(batch, lines, strict=True):
                classes.update(set(one.entry.classes) if isinstance(one, Coming) and line.outcome != "refused" else ())
                on_line(line)
    with database.transaction() as session:
        forget_refused(session, source, began)
        row = session.get_one(Source, source_id)
        row.notes = [*source_notes(session, source), *beside]
        row.classes = _counted(classes, source, project.findings)
        record(session, "source.imported", f"source {source.id}", project_id=source.project_id, **outcomes)
    return outcomes


def refuse_nothing(outcomes: Mapping[str, int]) -> None:
    """Raise InvalidInput where an import brought no film, whether it found none or refused each."""
    if not set(outcomes) - {"refused"}:
        refused = outcomes.get("refused", 0)
        why = f"all that was found was refused ({refused:,} lines say why)" if refused else "there is none in it"
        raise InvalidInput(f"The source brought no film: {why}. Give the folder that holds the films.")


def _batches(entries: Iterator[Entry | Refusal | Beside], beside: list[SourceNote]) -> Iterator[list[Entry | Refusal]]:
    """What has a line each, some at a time, as it can be stored; what lies beside is told as a note."""
    while batch := list(islice(entries, BATCH)):
        beside += [
            SourceNote("beside", one.files, names=(spelt(one.such_as),)) for one in batch if isinstance(one, Beside)
        ]
        if files := [_storable(one) for one in batch if not isinstance(one, Beside)]:
            yield files


def _known(database: Database, source_id: int, hashes: list[str]) -> set[str]:
    """Of these SHA-256 of files, those of films that are here of the source."""
    here = select(Image.file_sha256).where(Image.source_id == source_id, Image.file_sha256.in_(hashes))
    with database.transaction() as session:
        return set(session.scalars(here))


def _import_batch(
    session: Session, project: Project, source: Source, drawn: Drawn, twins: Twins, batch: Sequence[Coming | Refusal]
) -> list[Line]:
    """Some files: of each all (film, patient, masks) or nothing but its line."""
    with session.begin_nested():
        here = Here(session, project, source, drawn, twins, [one for one in batch if isinstance(one, Coming)])
        lines = [_import_film(here, one) for one in batch]
        here.write()
    return lines


def _import_film(here: Here, coming: Coming | Refusal) -> Line:
    if isinstance(coming, Refusal):
        return Line(coming.file_name, "refused", coming.reason)
    try:
        return arrive(here, coming)
    except (DiskFull, BucketUnreachable):  # no fault of the file's: the import stops, and goes on another time
        raise
    except OverreadError as error:
        return Line(coming.entry.file_name, "refused", error.detail)


def _counted(classes: Counter[str], source: Source, findings: list[str]) -> list[ClassCount]:
    """What the source calls its findings, the most frequent first, and what each is taken for."""
    finding_of = naming(findings, names_of(source.options))
    counts = sorted(classes.items(), key=lambda one: (-one[1], one[0]))
    return [ClassCount(name, films, finding_of(name)) for name, films in counts[:CLASSES]]


def _storable(entry: Entry | Refusal) -> Entry | Refusal:
    """The entry with texts that Postgres can hold, or its refusal where an index cannot."""
    texts: dict[str, str | tuple[str, ...]] = {}
    for field in fields(entry):
        text = getattr(entry, field.name)
        if isinstance(text, str):
            texts[field.name] = spelt(text)
        elif field.name == "classes":
            texts[field.name] = tuple(spelt(name) for name in text)
    return _indexed(replace(entry, **texts))  # type: ignore[arg-type]


def _indexed(entry: Entry | Refusal) -> Entry | Refusal:
    """The entry, or its refusal where its path or its patient is too long for an index."""
    name, patient = entry.file_name, (entry.patient if isinstance(entry, Entry) else None) or ""
    if (size := len(name.encode())) > LONGEST_PATH:
        reason = f"its path has {size:,} bytes; at most {LONGEST_PATH:,} are kept: give it a shorter one"
        return Refusal(f"{name[:200]}…", reason)
    if len(patient) > LONGEST_PATIENT:
        told = f"its patient is a text of {len(patient):,} letters; at most {LONGEST_PATIENT} are kept"
        return Refusal(name, f"{told}: see that it is the patient's name")
    return entry


def spelt(text: str) -> str:
    """Bytes of a name that are no UTF-8, and NULs, are spelled out."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
