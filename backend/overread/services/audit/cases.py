"""A case as its reader may see it: the film and, per finding, what stands beside it."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.db.tables import (
    Audit,
    AuditCase,
    Image,
    Iteration,
    Mask,
    ProbabilityMap,
    Project,
    PseudoLabel,
    Read,
    SourceMask,
)
from overread.services.audit.finality import standing
from overread.services.audit.late_saves import others_of, siblings_of
from overread.services.audit.reads import read_mask
from overread.services.blinding.members import shown_teachers
from overread.services.blinding.planted import planted_masks, shown_labels
from overread.services.blinding.rules import pending_blind
from overread.services.films.masks import mask_of, shown_sha256
from overread.services.heads import in_time
from overread.services.history import previous_labels

NOTHING: dict[str, Any] = dict.fromkeys(
    ("label", "pseudo", "shown", "public", "read", "read_mask", "previous", "frozen", "frozen_mask")
) | {"members": [], "teachers": [], "others": [], "siblings": []}


def describe_case(session: Session, case: AuditCase, account_id: int) -> dict[str, Any]:
    """The film and, per finding: pseudo label, teachers' masks, public label, what this account said of it in this very
    case (and blind), late saves; what others and earlier audits said, once it has said something itself. While there is
    something to read blind, ``blind`` is true and the findings show nothing. ``why``: why nothing can be decided."""
    image = session.get_one(Image, case.image_id)
    audit = session.get_one(Audit, case.audit_id)
    iteration = session.get_one(Iteration, audit.iteration_id)
    project = session.get_one(Project, iteration.project_id)
    blind = pending_blind(session, case, account_id)
    now = standing(session, case, account_id)
    drawn = blind or now.left or now.drawn
    shown = {} if blind else _beside(session, case, audit, iteration, account_id, now.left)
    return {
        "case": case,
        "image": image,
        "labelling_id": audit.labelling_id,
        "blind": bool(blind),
        "why": now.why,
        "findings": [
            NOTHING | {"finding": finding, "drawn": finding in drawn} | shown.get(finding, {})
            for finding in project.findings
        ],
        "tau_mask": iteration.plan.recipes[0].labelling.tau_mask,
    }


def _beside(
    session: Session, case: AuditCase, audit: Audit, iteration: Iteration, account_id: int, left: frozenset[str]
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
    heads, frozen = _own_reads(session, case, account_id)
    others = others_of(session, case, account_id) if heads else {}
    before = previous_labels(session, iteration, case.image_id)
    late = siblings_of(session, case.image_id, account_id, case.id)
    image = session.get_one(Image, case.image_id)
    members = _members(session, audit.labelling_id, case.image_id, labels)
    teachers = shown_teachers(session, image, list(labels.values()))
    return {
        finding: {
            "label": label,
            "pseudo": mask_of(session, label),
            "public": public.get(finding),
            "read": heads.get(finding),
            "read_mask": read_mask(session, heads[finding]) if finding in heads else None,
            "frozen": frozen.get(finding),
            "frozen_mask": read_mask(session, frozen[finding]) if finding in frozen else None,
            # Not before the own word: a planted error would stand out beside it, and an error that stayed would not.
            "previous": mask_of(session, before.get(finding)) if finding in heads or finding not in left else None,
            "members": members.get(finding, []),
            "teachers": teachers.get(finding, []),
            "shown": shown_sha256(image, mask_of(session, label)),
            "others": others.get(finding, []) if finding in heads else [],
            "siblings": [one for one in late.get(finding, []) if finding in heads or one.read.account_id == account_id],
        }
        for finding, label in labels.items()
    }


def _own_reads(session: Session, case: AuditCase, account_id: int) -> tuple[dict[str, Read], dict[str, Read]]:
    """By finding: what this account said in this case, of the mask that it shows; and its blind read. What others said,
    or it said itself of another audit's mask, is no beginning of this read."""
    own = select(Read).where(Read.case_id == case.id, Read.account_id == account_id, in_time(), ~Read.adjudicated)
    mine = session.scalars(own.order_by(Read.id)).all()
    blind = {read.finding: read for read in mine if read.blind}
    return {read.finding: read for read in mine if not read.blind}, blind


def _members(session: Session, labelling_id: int, image_id: int, labels: dict[str, PseudoLabel]) -> dict[str, Any]:
    """Each network's presence; beside a planted error those that go with its words."""
    maps = session.get(ProbabilityMap, (labelling_id, image_id))
    told = dict(maps.members) if maps is not None else {}
    for _, donor in planted_masks(session, [label.id for label in labels.values()], in_case=True).values():
        theirs = session.get(ProbabilityMap, (labelling_id, donor.image_id))
        if theirs is not None and donor.finding in told:
            told[donor.finding] = theirs.members.get(donor.finding, [])
    return told
