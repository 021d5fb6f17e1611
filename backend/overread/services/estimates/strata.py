"""The strata that an audit measured in, and its MEASURE reads: what estimates and certificates are computed from."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select
from sqlalchemy.orm import Session

from overread.db.tables import Audit, AuditCase, AuditItem, Image, Mask, Patient, PseudoLabel, Read, Source
from overread.domain.words import TAUGHT
from overread.services.audit.sample import in_sample
from overread.services.heads import counted, heads, stands_for


@dataclass(frozen=True)
class Stratum:
    """``number`` is what items of this finding carry; ``size`` N_h labels that nobody had read when the audit was drawn
    and that would teach; ``planned`` n_h of them are measured."""

    finding: str
    number: int
    decision: str
    size: int
    planned: int


@dataclass(frozen=True)
class MeasuredRead:
    """The newest counted read of a measured item, and what its label was; in the order of first reads. ``rank`` is its
    place in its finding's drawn order, ``probability`` n_h/N_h of its stratum, as drawn in the end.

    ``lesion``: whether the reader left one; None for "cannot tell". ``dice`` is pseudo against human, None when both
    are empty or the reader cannot tell. ``inside`` are the subgroups the film is in, by what they are told apart.
    """

    item_id: int
    image_id: int
    patient_id: int
    finding: str
    stratum: int
    rank: int
    probability: float
    decision: str
    presence: float
    risk: float
    verdict: str
    unacceptable: bool
    dice: float | None
    lesion: bool | None
    inside: dict[str, str | None]


_STORED = [field.name for field in fields(MeasuredRead) if field.name not in ("stratum", "probability", "inside")]
# What films are told apart by; a site is whose patient keys a source uses, so that several sources may be of one.
GROUPS = ("source", "site", "view", "sex")
UNKNOWN = "unknown"
Loss = Callable[[MeasuredRead], float | None]
# What is estimated: of which decisions (None: all decided), and a read's value in [0, 1], None where it has none.
Quantities = Mapping[str, tuple[str | None, Loss]]
QUANTITIES: Quantities = {
    "error": (None, lambda read: float(read.unacceptable)),
    "dice": ("positive", lambda read: read.dice),
    "missed": ("negative", lambda read: float(bool(read.lesion))),
    "prevalence": (None, lambda read: float(bool(read.lesion))),
}


def quantities(audit: Audit) -> Quantities:
    """What an audit estimates: one of positives alone tells neither missed lesions nor how often a finding is there."""
    of_positives = audit.design.teaches == "contour"
    return {name: one for name, one in QUANTITIES.items() if not of_positives or name in ("error", "dice")}


def parts_of(strata: list[Stratum]) -> NDArray[np.int64]:
    """A code for the finding of each stratum, (H,)."""
    return np.unique([stratum.finding for stratum in strata], return_inverse=True)[1]


def stratum_sizes(session: Session, audit: Audit) -> list[Stratum]:
    """The strata that are measured, with their sizes, as the audit's row says them."""
    key = (AuditItem.finding, PseudoLabel.decision)  # what somebody put on the FIX list carries no stratum
    counts = session.execute(
        select(*key, func.count())
        .join(AuditCase, AuditCase.id == AuditItem.case_id)
        .join(PseudoLabel, PseudoLabel.id == AuditItem.pseudo_label_id)
        .where(AuditCase.audit_id == audit.id, is_measured(audit))
        .group_by(*key)
    )
    planned = {(finding, decision): n for finding, decision, n in counts}
    return [
        Stratum(row.finding, row.number, row.decision, row.population, planned.get((row.finding, row.decision), 0))
        for row in audit.strata
        if row.population
    ]


def is_measured(audit: Audit) -> ColumnElement[bool]:
    """Of items: MEASURE, and whatever else stands in the gate's sample, but a planted error."""
    return or_(AuditItem.stream == "MEASURE", in_sample(audit)) & (AuditItem.task != "planted")


def measured_reads(session: Session, audit: Audit) -> list[MeasuredRead]:
    """The measured items of an audit that were read, a row each."""
    strata = {(s.finding, s.decision): s for s in stratum_sizes(session, audit)}
    first = func.min(Read.id).over(partition_by=(Read.case_id, Read.finding)).label("first")
    lesion = case(
        (Read.verdict == "cannot_tell", None),
        else_=func.coalesce(Mask.area > 0, False),
    )
    query = (
        select(
            AuditItem.id, Image.id, Image.patient_id, Read.finding, AuditItem.rank,
            PseudoLabel.decision, PseudoLabel.presence, PseudoLabel.risk, Read.verdict, Read.unacceptable, Read.dice,
            lesion, Source.name, Source.namespace, Image.view, Image.sex, first,
        )
        .join(AuditCase, AuditCase.id == Read.case_id)
        .join(AuditItem, (AuditItem.case_id == Read.case_id) & (AuditItem.finding == Read.finding))
        .join(PseudoLabel, PseudoLabel.id == AuditItem.pseudo_label_id)
        .join(Image, Image.id == Read.image_id)
        .join(Source, Source.id == Image.source_id)
        .outerjoin(Mask, Mask.id == stands_for())
        .where(AuditCase.audit_id == audit.id, is_measured(audit))
    )  # fmt: skip
    rows: list[Any] = sorted(
        session.execute(heads(query, Read.case_id, Read.finding)).all(), key=lambda row: (row[-1], row[0])
    )
    return [_measured(row, strata) for row in rows]


def _measured(row: Any, strata: dict[tuple[str, str], Stratum]) -> MeasuredRead:
    own = dict(zip(_STORED, row, strict=False))
    stratum = strata[own["finding"], own["decision"]]
    share, inside = stratum.planned / stratum.size, dict(zip(GROUPS, row[12:16], strict=True))
    return MeasuredRead(**own, stratum=stratum.number, probability=share, inside=inside)


@dataclass(frozen=True)
class MeasuredLabel:
    """A label that is measured, read or not: ``bad`` unless somebody found it right."""

    finding: str
    decision: str
    presence: float
    read: bool
    bad: bool


def measured_labels(session: Session, audit: Audit) -> list[MeasuredLabel]:
    """The measured items of an audit in the drawn order of their findings, those that nobody read yet among them."""
    said = {read.item_id: read for read in measured_reads(session, audit)}
    query = (
        select(AuditItem.id, AuditItem.finding, PseudoLabel.decision, PseudoLabel.presence)
        .join(AuditCase, AuditCase.id == AuditItem.case_id)
        .join(PseudoLabel, PseudoLabel.id == AuditItem.pseudo_label_id)
        .where(AuditCase.audit_id == audit.id, is_measured(audit))
        .order_by(AuditItem.finding, AuditItem.rank)
    )
    return [
        MeasuredLabel(finding, decision, presence, item in said, item not in said or said[item].unacceptable)
        for item, finding, decision, presence in session.execute(query)
    ]


def mean_risks(session: Session, audit: Audit, strata: list[Stratum]) -> list[float]:
    """The mean risk of the pool's units in each stratum, what the difference estimate leans on; in the strata's order.

    One pass over the labelling: asked for once an audit is read, never while it is.
    """
    units = population_labels(audit).subquery()
    key = [column for column in units.c if column.name != "risk"]
    rows = session.execute(select(*key, func.avg(units.c.risk)).group_by(*key)).all()
    found = {tuple(row[:-1]): float(row[-1]) for row in rows}
    return [found.get((stratum.finding, stratum.decision), 0.0) for stratum in strata]


def subgroup_sizes(session: Session, audit: Audit, strata: list[Stratum]) -> dict[tuple[str, str], dict[int, int]]:
    """How many units of each stratum (by its number) are in each subgroup (what films are told apart by, and name).

    Only where there are two to tell apart, and sites only where they are not the sources over again. One pass over the
    labelling: ask once.
    """
    units = population_labels(audit).add_columns(Image.source_id, Image.view, Image.sex).subquery()
    key = [units.c[name] for name in ("finding", "decision", "source_id", "view", "sex")]
    rows: Any = session.execute(select(*key, func.count()).group_by(*key)).all()
    sources = {row.id: row for row in session.execute(select(Source.id, Source.name, Source.namespace))}
    numbers = {(s.finding, s.decision): s.number for s in strata}
    found: dict[str, dict[str, Counter[int]]] = {group: defaultdict(Counter) for group in GROUPS}
    for finding, decision, source_id, view, sex, count in rows:
        source = sources[source_id]
        number = numbers.get((finding, decision))
        if number is not None:
            for group, name in zip(GROUPS, (source.name, source.namespace, view, sex), strict=True):
                found[group][name or UNKNOWN][number] += count
    if found["site"] == found["source"]:
        del found["site"]
    return {
        (group, name): dict(counts)
        for group, names in found.items()
        if len(names) > 1
        for name, counts in sorted(names.items())
    }


def population_labels(audit: Audit) -> Select[str, str, float]:
    """The gate's population: labels that would teach as the audit's design says and that nobody had read when it was
    drawn, nor risk put on the FIX list."""
    earlier = exists().where(
        Read.image_id == PseudoLabel.image_id,
        Read.finding == PseudoLabel.finding,
        AuditCase.id == Read.case_id,
        AuditCase.audit_id < audit.id,
        counted(),
    )
    fixed = exists().where(
        AuditItem.pseudo_label_id == PseudoLabel.id, AuditItem.stream == "FIX", AuditItem.account_id.is_(None)
    )
    return (
        select(PseudoLabel.finding, PseudoLabel.decision, PseudoLabel.risk)
        .join(Image, Image.id == PseudoLabel.image_id)
        .join(Patient, Patient.id == Image.patient_id)
        .where(PseudoLabel.labelling_id == audit.labelling_id, PseudoLabel.decision.in_(TAUGHT[audit.design.teaches]))
        .where(PseudoLabel.weight > 0, ~Patient.held, ~earlier, ~fixed)
    )
