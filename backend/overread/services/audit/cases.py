"""A case as its reader may see it: the film and, per finding, what stands beside it."""

from dataclasses import dataclass, field

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
from overread.domain.words import LateWhy
from overread.services.audit.finality import Standing, standing
from overread.services.audit.late_saves import Other, Sibling, others_of, siblings_of
from overread.services.audit.queue import seconds_left
from overread.services.audit.reads import read_mask
from overread.services.blinding.members import TeacherMask, shown_teachers
from overread.services.blinding.planted import planted_masks, shown_labels
from overread.services.blinding.rules import pending_blind
from overread.services.films.masks import mask_of, rle_of
from overread.services.heads import in_time
from overread.services.history import previous_labels


@dataclass(frozen=True)
class CaseFinding:
    """One finding of a case, and what stands beside it: nothing but whether it is to be read (``drawn``) while the film
    is read blind. ``shown``: the hash of the mask to judge; ``members``: each network's presence; ``frozen``: the blind
    read. A mask that is None is empty, or there is none."""

    finding: str
    drawn: bool
    label: PseudoLabel | None = None
    pseudo: Mask | None = None
    shown: str | None = None
    public: Mask | None = None
    read: Read | None = None
    read_mask: Mask | None = None
    frozen: Read | None = None
    frozen_mask: Mask | None = None
    previous: Mask | None = None
    members: list[float] = field(default_factory=list)
    teachers: list[TeacherMask] = field(default_factory=list)
    others: list[Other] = field(default_factory=list)
    siblings: list[Sibling] = field(default_factory=list)


@dataclass(frozen=True)
class Case:
    """A case before its reader. ``blind``: draw before anything is shown; ``why``: why nothing can be decided."""

    case: AuditCase
    image: Image
    labelling_id: int
    blind: bool
    why: LateWhy | None
    findings: list[CaseFinding]
    tau_mask: float
    lease_seconds: float


def describe_case(session: Session, case: AuditCase, account_id: int) -> Case:
    """The film and, per finding: pseudo label, teachers' masks, public label, what this account said of it in this very
    case (and blind), late saves; what others and earlier audits said, once it has said something itself. While there is
    something to read blind, the findings show nothing."""
    image = session.get_one(Image, case.image_id)
    audit = session.get_one(Audit, case.audit_id)
    iteration = session.get_one(Iteration, audit.iteration_id)
    project = session.get_one(Project, iteration.project_id)
    blind = pending_blind(session, case, account_id)
    now = standing(session, case, account_id)
    drawn = blind or now.left or now.drawn
    beside = {} if blind else _beside(session, case, audit, iteration, account_id, now)
    return Case(
        case=case,
        image=image,
        labelling_id=audit.labelling_id,
        blind=bool(blind),
        why=now.why,
        findings=[beside.get(finding, CaseFinding(finding, finding in drawn)) for finding in project.findings],
        tau_mask=iteration.plan.recipes[0].labelling.tau_mask,
        lease_seconds=seconds_left(session, case.id),
    )


def _beside(
    session: Session, case: AuditCase, audit: Audit, iteration: Iteration, account_id: int, now: Standing
) -> dict[str, CaseFinding]:
    query = select(PseudoLabel).filter_by(labelling_id=audit.labelling_id, image_id=case.image_id)
    labels = {
        label.finding: label for label in shown_labels(session, session.scalars(query).all(), in_case=True).values()
    }
    public = _public_labels(session, case.image_id)
    heads, frozen = _own_reads(session, case, account_id)
    others = others_of(session, case, account_id) if heads else {}
    before = previous_labels(session, iteration, case.image_id)
    late = siblings_of(session, case.image_id, account_id, case.id)
    image = session.get_one(Image, case.image_id)
    members = _members(session, audit.labelling_id, case.image_id, labels)
    teachers = shown_teachers(session, image, list(labels.values()))
    return {
        finding: CaseFinding(
            finding=finding,
            drawn=finding in (now.left or now.drawn),
            label=label,
            pseudo=mask_of(session, label),
            public=public.get(finding),
            read=heads.get(finding),
            read_mask=read_mask(session, heads[finding]) if finding in heads else None,
            frozen=frozen.get(finding),
            frozen_mask=read_mask(session, frozen[finding]) if finding in frozen else None,
            # Not before the own word: a planted error would stand out beside it, and an error that stayed would not.
            previous=mask_of(session, before.get(finding)) if finding in heads or finding not in now.left else None,
            members=members.get(finding, []),
            teachers=teachers.get(finding, []),
            shown=rle_of(mask_of(session, label), image).sha256,
            others=others.get(finding, []) if finding in heads else [],
            siblings=[one for one in late.get(finding, []) if finding in heads or one.read.account_id == account_id],
        )
        for finding, label in labels.items()
    }


def _public_labels(session: Session, image_id: int) -> dict[str, Mask]:
    query = select(SourceMask.finding, Mask).join(Mask, Mask.id == SourceMask.mask_id)
    rows = session.execute(query.where(SourceMask.image_id == image_id, SourceMask.kind == "public"))
    return dict(rows.all())


def _own_reads(session: Session, case: AuditCase, account_id: int) -> tuple[dict[str, Read], dict[str, Read]]:
    """By finding: what this account said in this case, of the mask that it shows; and its blind read. What others said,
    or it said itself of another audit's mask, is no beginning of this read."""
    own = select(Read).where(Read.case_id == case.id, Read.account_id == account_id, in_time(), ~Read.adjudicated)
    mine = session.scalars(own.order_by(Read.id)).all()
    blind = {read.finding: read for read in mine if read.blind}
    return {read.finding: read for read in mine if not read.blind}, blind


def _members(
    session: Session, labelling_id: int, image_id: int, labels: dict[str, PseudoLabel]
) -> dict[str, list[float]]:
    """Each network's presence; beside a planted error those that go with its words."""
    maps = session.get(ProbabilityMap, (labelling_id, image_id))
    found = dict(maps.members) if maps is not None else {}
    for _, donor in planted_masks(session, [label.id for label in labels.values()], in_case=True).values():
        theirs = session.get(ProbabilityMap, (labelling_id, donor.image_id))
        if theirs is not None and donor.finding in found:
            found[donor.finding] = theirs.members.get(donor.finding, [])
    return found
