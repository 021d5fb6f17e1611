"""The strata that an audit measured in, and its MEASURE reads: what estimates and certificates are computed from."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from backend.db.tables import Audit, AuditCase, AuditItem, Image, Mask, Patient, PseudoLabel, Read, Source
from backend.services.veils import counted

# One past a decision's code where items say their stratum by themselves: decision · 4 + risk quartile.
CODES = {"positive": 0, "negative": 1}


@dataclass(frozen=True)
class Stratum:
    """``number`` is what items of this finding carry; ``size`` N_h units; ``planned`` its MEASURE reads."""

    finding: str
    number: int
    decision: str
    size: int
    planned: int


@dataclass(frozen=True)
class MeasuredRead:
    """The newest counted read of a MEASURE item, and what its label was; in the order of first reads.

    ``lesion``: whether the reader left one; None for "cannot tell". ``dice`` is pseudo against human, None when both
    are empty or the reader cannot tell. ``inside`` are the subgroups the film is in, by what they are told apart.
    """

    item_id: int
    image_id: int
    patient_id: int
    finding: str
    stratum: int
    probability: float
    decision: str
    presence: float
    risk: float
    verdict: str
    unacceptable: bool
    dice: float | None
    lesion: bool | None
    inside: dict[str, str | None]


Loss = Callable[[MeasuredRead], float | None]
# What is estimated: of which decisions (None: all decided), and a read's value in [0, 1], None where it has none.
QUANTITIES: dict[str, tuple[str | None, Loss]] = {
    "error": (None, lambda read: float(read.unacceptable)),
    "dice": ("positive", lambda read: read.dice),
    "missed": ("negative", lambda read: float(bool(read.lesion))),
    "prevalence": (None, lambda read: float(bool(read.lesion))),
}


def stratum_sizes(session: Session, audit: Audit) -> list[Stratum]:
    """The strata that MEASURE was drawn from, with their sizes: as the audit's row says, else counted."""
    planned: dict[tuple[str, int | None], int] = {
        (finding, number): n
        for finding, number, n in session.execute(
            select(AuditItem.finding, AuditItem.stratum, func.count())
            .join(AuditCase, AuditCase.id == AuditItem.case_id)
            .where(AuditCase.audit_id == audit.id, AuditItem.stream == "MEASURE", AuditItem.stratum.is_not(None))
            .group_by(AuditItem.finding, AuditItem.stratum)
        )
    }
    told: list[dict[str, Any]] = getattr(audit, "strata", None) or []
    rows = [
        (row["finding"], number, row["decision"], row["size"])
        for number, row in enumerate(told)
        if not row["held"] and row["decision"] in CODES
    ] or _counted(session, audit)
    return [
        Stratum(finding, number, decision, size, planned.get((finding, number), 0))
        for finding, number, decision, size in rows
    ]


def measured_reads(session: Session, audit_id: int) -> list[MeasuredRead]:
    """The MEASURE items of an audit that were read, a row each."""
    drawn = Mask.__table__.alias()
    first = func.min(Read.id).over(partition_by=(Read.case_id, Read.finding)).label("first")
    lesion = case(
        (Read.verdict == "cannot_tell", None),
        (Read.verdict == "accept", PseudoLabel.mask_id.is_not(None)),
        else_=func.coalesce(drawn.c.area > 0, False),
    )
    query = (
        select(
            AuditItem.id, Image.id, Image.patient_id, Read.finding, AuditItem.stratum, AuditItem.inclusion_probability,
            PseudoLabel.decision, PseudoLabel.presence, PseudoLabel.risk, Read.verdict, Read.unacceptable, Read.dice,
            lesion, Source.name, Image.view, Image.sex, first,
        )
        .ext(distinct_on(Read.case_id, Read.finding))
        .join(AuditCase, AuditCase.id == Read.case_id)
        .join(AuditItem, (AuditItem.case_id == Read.case_id) & (AuditItem.finding == Read.finding))
        .join(PseudoLabel, PseudoLabel.id == AuditItem.pseudo_label_id)
        .join(Image, Image.id == Read.image_id)
        .join(Source, Source.id == Image.source_id)
        .outerjoin(drawn, drawn.c.id == Read.mask_id)
        .where(AuditCase.audit_id == audit_id, AuditItem.stream == "MEASURE", counted())
        .order_by(Read.case_id, Read.finding, Read.adjudicated.desc(), Read.id.desc())
    )  # fmt: skip
    rows: list[Any] = sorted(session.execute(query).all(), key=lambda row: (row[-1], row[0]))
    names = [field.name for field in fields(MeasuredRead)][:13]
    return [
        MeasuredRead(**dict(zip(names, row, strict=False)), inside={"source": row[13], "view": row[14], "sex": row[15]})
        for row in rows
    ]


def mean_risks(session: Session, audit: Audit, strata: list[Stratum]) -> list[float]:
    """The mean risk of the pool's units in each stratum, what the difference estimate leans on; in the strata's order.

    One pass over the labelling: asked for once an audit is read, never while it is.
    """
    told: list[dict[str, Any]] = getattr(audit, "strata", None) or []
    units = _units(audit, bool(told)).subquery()
    key = [column for column in units.c if column.name != "risk"]
    found = {
        tuple(row[:-1]): float(row[-1])
        for row in session.execute(select(*key, func.avg(units.c.risk)).group_by(*key))
    }  # fmt: skip
    if not told:
        return [found.get((s.finding, s.decision, s.number % 4), 0.0) for s in strata]
    names = ("finding", "decision", "quartile", "source")
    return [found.get(tuple(told[s.number][name] for name in names), 0.0) for s in strata]


def _units(audit: Audit, by_source: bool) -> Any:
    """Decided units that are not held out, with their risk quartile within finding × decision (× source)."""
    columns: list[Any] = [PseudoLabel.finding, PseudoLabel.decision]
    within = [*columns, Image.source_id] if by_source else columns
    rank = func.row_number().over(partition_by=within, order_by=(PseudoLabel.risk, PseudoLabel.id)) - 1
    quartile = (rank * 4 // func.count().over(partition_by=within)).label("quartile")
    source = [Image.source_id.label("source")] if by_source else []
    query = (
        select(*columns, quartile, *source, PseudoLabel.risk)
        .join(Image, Image.id == PseudoLabel.image_id)
        .join(Patient, Patient.id == Image.patient_id)
        .where(PseudoLabel.labelling_id == audit.labelling_id, PseudoLabel.decision != "uncertain")
    )
    return query.where(~Patient.__table__.c.held) if "held" in Patient.__table__.c else query


def _counted(session: Session, audit: Audit) -> list[tuple[str, int, str, int]]:
    """Quartiles of the labels by rank: their sizes follow from the count alone."""
    counts = session.execute(
        select(PseudoLabel.finding, PseudoLabel.decision, func.count())
        .where(PseudoLabel.labelling_id == audit.labelling_id, PseudoLabel.decision != "uncertain")
        .group_by(PseudoLabel.finding, PseudoLabel.decision)
        .order_by(PseudoLabel.finding, PseudoLabel.decision)
    )
    return [
        (finding, CODES[decision] * 4 + quartile, decision, size)
        for finding, decision, n in counts
        for quartile in range(4)
        if (size := -(-(quartile + 1) * n // 4) - -(-quartile * n // 4))
    ]
