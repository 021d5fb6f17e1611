"""Audits: the next case under a lease, its reads, and the way back."""

from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Header, Response
from fastapi.responses import JSONResponse
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from overread.api.audit.schemas import (
    AuditOut,
    CaseFindingOut,
    CaseOut,
    CaseRowOut,
    KeptBeside,
    LeaseIn,
    LeaseOut,
    OtherReadOut,
    ReadIn,
    ReadOut,
    RedrawOut,
    SiblingOut,
    StratumOut,
    TeacherOut,
)
from overread.api.http.deps import AccountDep, EngineerDep, ReaderDep, SessionDep
from overread.api.http.problems import problem
from overread.api.schemas import Id, ImageOut, RleOut
from overread.db.tables import Audit, AuditCase, AuditItem, Image, Iteration, Mask, Project, Read
from overread.domain.errors import AuditClosed, InvalidInput, NotFound, ReadFinal
from overread.services.audit import cases, draw, queue, reads
from overread.services.audit.late_saves import Other, Sibling
from overread.services.blinding.rules import may_see_streams
from overread.services.films.masks import empty_rle, mask_rle
from overread.services.gate.standing import gate_standing

router = APIRouter(tags=["audits"])
Row = TypeVar("Row", Audit, AuditCase)
FINAL: dict[str | None, type[AuditClosed | ReadFinal]] = {one.type: one for one in (AuditClosed, ReadFinal)}


@router.get("/audits/{audit_id}")
def get_audit(audit_id: int, session: SessionDep, account: AccountDep) -> AuditOut:
    """The design of an audit, how far it has come; and, to whom its streams may be told, what its gate would say."""
    audit = _find(session, Audit, audit_id, "audit")
    iteration = session.get_one(Iteration, audit.iteration_id)
    findings = session.get_one(Project, iteration.project_id).findings
    told = may_see_streams(account.role, iteration)
    return AuditOut(
        id=audit.id,
        project_id=iteration.project_id,
        iteration_id=iteration.id,
        index=iteration.index,
        labelling_id=audit.labelling_id,
        # With the random number of its draw anybody could draw it again, and know which films are tests.
        design=audit.design if told else None,
        notes=audit.notes if told else [],
        findings=findings,
        closed=iteration.stage != "auditing",
        gate=gate_standing(session, iteration) if told else None,
        **queue.audit_progress(session, audit_id),
    )


@router.get("/audits/{audit_id}/strata")
def list_strata(audit_id: int, session: SessionDep, _account: EngineerDep) -> list[StratumOut]:
    """What each stratum number is, its size, and the reads that each stream drew in it."""
    audit = _find(session, Audit, audit_id, "audit")
    return [StratumOut.of(row) for row in audit.strata]


@router.get("/audits/{audit_id}/redraw")
def redraw(audit_id: int, session: SessionDep, _account: EngineerDep) -> RedrawOut:
    """Draw again from the stored design and seed: whether every item comes out bit for bit."""
    same, items = draw.redraw(session, audit_id)
    return RedrawOut(same=same, items=items)


@router.get("/audits/{audit_id}/cases")
def list_cases(audit_id: int, session: SessionDep, account: ReaderDep) -> list[CaseRowOut]:
    """The worklist, in its order. The stream of an item is not told: readers must not be able to tell. Nor is that a
    film comes a second time: a later look is listed for who has done it."""
    _find(session, Audit, audit_id, "audit")
    findings = func.array_agg(AuditItem.finding)
    query = (
        select(AuditCase, Image.file_name, queue.leased(), findings)
        .join(Image, Image.id == AuditCase.image_id)
        .join(AuditItem, AuditItem.case_id == AuditCase.id)
        .where(AuditCase.audit_id == audit_id)
        .where((AuditCase.look == "first") | AuditCase.done & (AuditCase.account_id == account.id))
        .group_by(AuditCase.id, Image.file_name)
        .order_by(AuditCase.position)
    )
    return [
        CaseRowOut(
            id=case.id,
            position=case.position,
            image_id=case.image_id,
            file_name=name,
            done=case.done,
            leased=bool(leased),
            findings=sorted(drawn),
        )
        for case, name, leased, drawn in session.execute(query)
    ]


@router.post("/audits/{audit_id}/claim", responses={204: {"description": "Nothing is left to read"}})
def claim_next(audit_id: int, session: SessionDep, account: ReaderDep) -> CaseOut | None:
    """The next case that nobody holds, under a lease of ten minutes; null when all are read."""
    _find(session, Audit, audit_id, "audit")
    case = queue.claim_next(session, audit_id, account.id)
    return None if case is None else _case_out(session, case, account.id)


@router.get("/audits/{audit_id}/next")
def peek_next(audit_id: int, beside: Id, session: SessionDep, account: ReaderDep) -> CaseOut | None:
    """The case that a claim would give once the case ``beside`` is read, to lay it out ahead. Takes no lease."""
    _find(session, Audit, audit_id, "audit")
    case = queue.next_case(session, audit_id, account.id, beside)
    return None if case is None else _case_out(session, case, account.id)


@router.post("/cases/{case_id}/claim")
def claim_case(case_id: int, session: SessionDep, account: ReaderDep) -> CaseOut:
    """This very case, for a second look; 412 while another reader holds it."""
    return _case_out(session, queue.claim_case(session, case_id, account.id), account.id)


@router.get("/cases/{case_id}")
def get_case(case_id: int, session: SessionDep, response: Response, account: ReaderDep) -> CaseOut:
    """The case to look at, without a lease: saving needs a claim."""
    case = _find(session, AuditCase, case_id, "case")
    response.headers["ETag"] = f'"{case.version}"'
    return _case_out(session, case, account.id)


@router.post("/cases/{case_id}/renew")
def renew_case(case_id: int, body: LeaseIn, session: SessionDep, account: ReaderDep) -> LeaseOut:
    """A heartbeat; 412 when the case has gone to another reader."""
    queue.renew_case(session, case_id, account.id, body.fence)
    return LeaseOut(lease_seconds=queue.LEASE.total_seconds())


@router.post("/cases/{case_id}/release", status_code=204)
def release_case(case_id: int, body: LeaseIn, session: SessionDep, account: ReaderDep) -> None:
    """Hand the case back."""
    queue.release_case(session, case_id, account.id, body.fence)


@router.post(
    "/cases/{case_id}/reads", response_model=ReadOut, responses={409: {"model": KeptBeside}, 412: {"model": ReadOut}}
)
def submit_read(
    case_id: int,
    body: ReadIn,
    session: SessionDep,
    response: Response,
    account: ReaderDep,
    if_match: Annotated[str, Header(max_length=30)],
    idempotency_key: Annotated[str, Header(min_length=8, max_length=100)],
) -> ReadOut | JSONResponse:
    """Save the verdicts on a film. 412 with ``sibling``: kept beside the read that counts, as it came too late; 409
    with ``sibling``: kept beside as well, since the audit is closed, or the read that stands is final."""
    version = if_match.strip('"')
    if not version.isdecimal():
        raise InvalidInput("If-Match carries the version of the case as it was claimed.")
    verdicts = [reads.FindingRead(**verdict.model_dump()) for verdict in body.verdicts]
    read = reads.CaseRead(body.image_sha256, body.fence, int(version), body.seconds, verdicts)
    answer = reads.submit_read(session, case_id, account.id, idempotency_key, read)
    response.headers["ETag"] = f'"{answer["version"]}"'
    final = FINAL.get(answer.get("why"))
    if final is not None:
        return problem(final.type, final.title, final.status, final.told, **ReadOut(**answer).model_dump())
    if answer["sibling"]:
        response.status_code = 412
    return ReadOut(**answer)


def _find(session: Session, table: type[Row], key: int, word: str) -> Row:
    row = session.get(table, key)
    if row is None:
        raise NotFound(f"There is no {word} {key}.")
    return row


def _case_out(session: Session, case: AuditCase, account_id: int) -> CaseOut:
    told = cases.describe_case(session, case, account_id)
    image: Image = told["image"]
    left = session.scalar(
        select(func.extract("epoch", AuditCase.lease_until - func.now())).where(AuditCase.id == case.id)
    )
    return CaseOut(
        id=case.id,
        audit_id=case.audit_id,
        position=case.position,
        image=ImageOut.model_validate(image),
        labelling_id=told["labelling_id"],
        tau_mask=told["tau_mask"],
        blind=told["blind"],
        why=told["why"],
        fence=case.fence,
        version=case.version,
        done=case.done,
        lease_seconds=max(0.0, float(left or 0)),
        findings=[_finding_out(image, finding, account_id) for finding in told["findings"]],
    )


def _finding_out(image: Image, told: dict[str, Any], account_id: int) -> CaseFindingOut:
    label, read, frozen, size = told["label"], told["read"], told["frozen"], [image.height, image.width]
    return CaseFindingOut(
        finding=told["finding"],
        drawn=told["drawn"],
        decision=label.decision if label else None,
        presence=label.presence if label else None,
        agreement=label.agreement if label else None,
        pseudo=_rle(told["pseudo"]),
        members=told["members"],
        teachers=[
            TeacherOut(number=one.number, mask=RleOut(size=size, counts=one.counts.decode("ascii")))
            for one in told["teachers"]
        ],
        public=_rle(told["public"]),
        previous=_rle(told["previous"]),
        verdict=read.verdict if read else None,
        note=read.note if read else None,
        flagged=read.flagged if read else False,
        read=_said(image, read, told["read_mask"]) if read else None,
        frozen=_said(image, frozen, told["frozen_mask"]) if frozen else None,
        shown=told["shown"],
        others=[_other_out(image, other, account_id) for other in told["others"]],
        siblings=[sibling_out(image, sibling, account_id) for sibling in told["siblings"]],
    )


def _other_out(image: Image, other: Other, account_id: int) -> OtherReadOut:
    read = other.read
    return OtherReadOut(
        id=read.id,
        reader=other.reader,
        mine=read.account_id == account_id,
        iteration=other.iteration,
        verdict=read.verdict,
        mask=_said(image, read, other.mask),
    )


def _said(image: Image, read: Read, mask: Mask | None) -> RleOut | None:
    """The mask that a read stands for; none where its reader could not tell."""
    if read.verdict == "cannot_tell":
        return None
    return RleOut(**(mask_rle(mask) if mask is not None else empty_rle(image)))


def sibling_out(image: Image, sibling: Sibling, account_id: int) -> SiblingOut:
    """A late save on the wire."""
    read = sibling.read
    return SiblingOut(
        id=read.id,
        reader=sibling.reader,
        mine=read.account_id == account_id,
        created_at=read.created_at,
        verdict=read.verdict,
        mask=_said(image, read, sibling.mask),
    )


def _rle(mask: Mask | None) -> RleOut | None:
    return RleOut(**mask_rle(mask)) if mask is not None else None
