"""A case as its reader may see it: the film and, per finding, what stands beside it."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.db.tables import (
    Audit,
    AuditCase,
    AuditItem,
    Image,
    Iteration,
    Mask,
    ProbabilityMap,
    Project,
    PseudoLabel,
    Read,
    SourceMask,
)
from backend.services.earlier import previous_labels
from backend.services.masks import mask_of
from backend.services.reads import newest_reads, read_mask
from backend.services.siblings import siblings_of
from backend.services.teachers import shown_teachers
from backend.services.veils import pending_blind, planted_masks, shown_labels

NOTHING: dict[str, Any] = dict.fromkeys(
    ("label", "pseudo", "public", "read", "read_mask", "previous", "frozen", "frozen_mask")
) | {"members": [], "teachers": [], "siblings": []}


def describe_case(session: Session, case: AuditCase, account_id: int) -> dict[str, Any]:
    """The film and, per finding: pseudo label, teachers' masks, public label, the newest read that this account may
    see, its own blind read, late saves. While there is something to read blind, ``blind`` is true and the findings show
    nothing."""
    image = session.get_one(Image, case.image_id)
    audit = session.get_one(Audit, case.audit_id)
    iteration = session.get_one(Iteration, audit.iteration_id)
    project = session.get_one(Project, iteration.project_id)
    blind = pending_blind(session, case, account_id)
    drawn = blind or set(session.scalars(select(AuditItem.finding).where(AuditItem.case_id == case.id)))
    shown = {} if blind else _beside(session, case, audit, iteration, account_id)
    return {
        "case": case,
        "image": image,
        "labelling_id": audit.labelling_id,
        "blind": bool(blind),
        "findings": [
            NOTHING | {"finding": finding, "drawn": finding in drawn} | shown.get(finding, {})
            for finding in project.findings
        ],
        "tau_mask": iteration.plan["recipes"][0]["labelling"]["tau_mask"],
    }


def _beside(
    session: Session, case: AuditCase, audit: Audit, iteration: Iteration, account_id: int
) -> dict[str, dict[str, Any]]:
    query = select(PseudoLabel).filter_by(labelling_id=audit.labelling_id, image_id=case.image_id)
    labels = {
        label.finding: label for label in shown_labels(session, session.scalars(query).all(), in_case=True).values()
    }
    labelled = session.execute(
        select(SourceMask.finding, Mask)
        .join(Mask, Mask.id == SourceMask.mask_id)
        .where(SourceMask.image_id == case.image_id, SourceMask.kind == "public")
    )
    public: dict[str, Mask] = dict(labelled.all())
    heads, frozen = _reads(session, case, account_id)
    before = previous_labels(session, iteration.id, case.image_id)
    late = siblings_of(session, case.image_id, account_id, case.id)
    members = _members(session, audit.labelling_id, case.image_id, labels)
    teachers = shown_teachers(session, session.get_one(Image, case.image_id), list(labels.values()))
    return {
        finding: {
            "label": label,
            "pseudo": mask_of(session, label),
            "public": public.get(finding),
            "read": heads.get(finding),
            "read_mask": read_mask(session, heads[finding]) if finding in heads else None,
            "frozen": frozen.get(finding),
            "frozen_mask": read_mask(session, frozen[finding]) if finding in frozen else None,
            "previous": mask_of(session, before.get(finding)),
            "members": members.get(finding, []),
            "teachers": teachers.get(finding, []),
            "siblings": late.get(finding, []),
        }
        for finding, label in labels.items()
    }


def _reads(session: Session, case: AuditCase, account_id: int) -> tuple[dict[str, Read], dict[str, Read]]:
    """By finding: the read to show, and this account's own blind read. A later look shows what it says itself alone."""
    own = select(Read).where(Read.case_id == case.id, ~Read.sibling).order_by(Read.adjudicated, Read.id)
    here = session.scalars(own).all()
    mine = [read for read in here if read.account_id == account_id]
    heads = newest_reads(session, case.image_id, account_id) if case.look == "first" else {r.finding: r for r in mine}
    return heads, {read.finding: read for read in mine if read.blind}


def _members(session: Session, labelling_id: int, image_id: int, labels: dict[str, PseudoLabel]) -> dict[str, Any]:
    """Each network's presence; beside a planted error those that go with its words."""
    maps = session.get(ProbabilityMap, (labelling_id, image_id))
    told = dict(maps.members) if maps is not None else {}
    for _, donor in planted_masks(session, [label.id for label in labels.values()], in_case=True).values():
        theirs = session.get(ProbabilityMap, (labelling_id, donor.image_id))
        if theirs is not None and donor.finding in told:
            told[donor.finding] = theirs.members.get(donor.finding, [])
    return told
