"""Patients whose films came when nobody said whose they are: their next films go where those are."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from overread.db.tables import Image, Patient, Source
from overread.domain.errors import InvalidInput
from overread.domain.words import Split

Side = tuple[Split, bool]  # and whether it is held out
Sides = Mapping[str, Mapping[Side, str]]  # by patient, the sides that films lie on, and a film of each


def nobodys_films(session: Session, source: Source) -> dict[str, Side]:
    """The films that are here of which nobody said whose they are, and where each lies."""
    query = select(Image.file_name, Patient.split, Patient.held).join(Patient, Patient.id == Image.patient_id)
    rows = session.execute(query.where(Image.source_id == source.id, Patient.key == Image.file_name))
    return {name: (split, held) for name, split, held in rows}


def anchor_patients(session: Session, source: Source, sides: Sides) -> None:
    """Each patient that is now said to have such films gets their split, before a film of theirs is drawn into another.
    Raises InvalidInput where the films of one lie on two sides: no import moves a film."""
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


def _side(side: Side) -> str:
    split, held = side
    return "holdout" if held else split
