"""Patients whose films came when nobody said whose they are: their next films go where those are."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from overread.datasets.reading import Entry
from overread.db.tables import Image, Patient, Source
from overread.domain.errors import InvalidInput
from overread.domain.words import Split

Side = tuple[Split, bool]  # and whether it is held out


def has_nobodys(session: Session, source: Source) -> bool:
    """Whether films are here of which nobody said whose they are."""
    return session.scalars(_nobodys(source).limit(1)).first() is not None


def anchor_patients(session: Session, source: Source, entries: Iterable[Entry]) -> None:
    """Each patient that is now said to have such films gets their split, before a film of theirs is drawn into another.
    Raises InvalidInput where the films of one lie on two sides: no import moves a film."""
    nobodys: dict[str, Side] = {name: (split, held) for name, split, held in session.execute(_nobodys(source))}
    sides: dict[str, dict[Side, str]] = defaultdict(dict)
    for entry in entries:
        if entry.patient is not None and entry.file_name in nobodys:
            sides[entry.patient].setdefault(nobodys[entry.file_name], entry.file_name)
    for key, found in sides.items():
        if len(found) > 1:
            (one, first), (other, second) = list(found.items())[:2]
            raise InvalidInput(
                f"{first} and {second} came without a patient and lie in {_side(one)} and {_side(other)}; now both are "
                f"said to be of {key}. No import moves a film: import the source into a new project."
            )
        ((split, held),) = found
        named = {"project_id": source.project_id, "namespace": source.namespace, "key": key}
        session.execute(insert(Patient).values(**named, split=split, held=held).on_conflict_do_nothing())


def _nobodys(source: Source) -> Select[str, Split, bool]:
    query = select(Image.file_name, Patient.split, Patient.held).join(Patient, Patient.id == Image.patient_id)
    return query.where(Image.source_id == source.id, Patient.key == Image.file_name)


def _side(side: Side) -> str:
    split, held = side
    return "holdout" if held else split
