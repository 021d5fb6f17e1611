"""The strata that an audit measured in, and its MEASURE reads: what estimates and certificates are computed from."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from backend.db.tables import Audit, AuditCase, AuditItem, Image, Mask, Patient, PseudoLabel, Read, Source
from backend.services.veils import counted


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


# What films are told apart by; a site is whose patient keys a source uses, so that several sources may be of one.
GROUPS = ("source", "site", "view", "sex")
UNKNOWN = "unknown"
Loss = Callable[[MeasuredRead], float | None]
# What is estimated: of which decisions (None: all decided), and a read's value in [0, 1], None where it has none.
QUANTITIES: dict[str, tuple[str | None, Loss]] = {
    "error": (None, lambda read: float(read.unacceptable)),
    "dice": ("positive", lambda read: read.dice),
    "missed": ("negative", lambda read: float(bool(read.lesion))),
    "prevalence": (None, lambda read: float(bool(read.lesion))),
}


def stratum_sizes(session: Session, audit: Audit) -> list[Stratum]:
    """The strata that MEASURE was drawn from, with their sizes, as the audit's row says them."""
    counts = session.execute(
        select(AuditItem.stratum, func.count())
        .join(AuditCase, AuditCase.id == AuditItem.case_id)
        .where(AuditCase.audit_id == audit.id, AuditItem.stream == "MEASURE")
        .group_by(AuditItem.stratum)
    )
    planned: dict[int | None, int] = dict(counts.all())
    return [
        Stratum(row["finding"], number, row["decision"], row["size"], planned.get(number, 0))
        for number, row in enumerate(audit.strata)
        if not row["held"] and row["decision"] != "uncertain"
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
            lesion, Source.name, Source.namespace, Image.view, Image.sex, first,
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
        MeasuredRead(**dict(zip(names, row, strict=False)), inside=dict(zip(GROUPS, row[13:17], strict=True)))
        for row in rows
    ]


def mean_risks(session: Session, audit: Audit, strata: list[Stratum]) -> list[float]:
    """The mean risk of the pool's units in each stratum, what the difference estimate leans on; in the strata's order.

    One pass over the labelling: asked for once an audit is read, never while it is.
    """
    units = _units(audit).subquery()
    key = [column for column in units.c if column.name != "risk"]
    rows = session.execute(select(*key, func.avg(units.c.risk)).group_by(*key)).all()
    found = {tuple(row[:-1]): float(row[-1]) for row in rows}
    told = [audit.strata[stratum.number] for stratum in strata]
    return [found.get(tuple(row[name] for name in ("finding", "decision", "source", "quartile")), 0.0) for row in told]


def subgroup_sizes(session: Session, audit: Audit, strata: list[Stratum]) -> dict[tuple[str, str], dict[int, int]]:
    """How many units of each stratum (by its number) are in each subgroup (what films are told apart by, and name).

    Only where there are two to tell apart, and sites only where they are not the sources over again. One pass over the
    labelling: ask once.
    """
    units = _units(audit).add_columns(Image.view, Image.sex).subquery()
    key = [units.c[name] for name in ("finding", "decision", "source_id", "quartile", "view", "sex")]
    rows = session.execute(select(*key, func.count()).group_by(*key)).all()
    sources = {row.id: row for row in session.execute(select(Source.id, Source.name, Source.namespace))}
    told = [(s.number, audit.strata[s.number]) for s in strata]
    numbers = {(r["finding"], r["decision"], r["source"], r["quartile"]): number for number, r in told}
    found: dict[str, dict[str, Counter[int]]] = {group: defaultdict(Counter) for group in GROUPS}
    for *stratum, view, sex, count in rows:
        source = sources[stratum[2]]
        number = numbers.get(tuple(stratum))
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


def _units(audit: Audit) -> Select[Any]:
    """Decided units that are not held out, with their risk quartile within finding × decision × source."""
    within = (PseudoLabel.finding, PseudoLabel.decision, Image.source_id)
    rank = func.row_number().over(partition_by=within, order_by=(PseudoLabel.risk, PseudoLabel.id)) - 1
    quartile = (rank * 4 // func.count().over(partition_by=within)).label("quartile")
    return (
        select(*within, quartile, PseudoLabel.risk)
        .join(Image, Image.id == PseudoLabel.image_id)
        .join(Patient, Patient.id == Image.patient_id)
        .where(PseudoLabel.labelling_id == audit.labelling_id, PseudoLabel.decision != "uncertain", ~Patient.held)
    )
