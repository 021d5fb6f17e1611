"""Audits: the next case under a lease, its reads, and the way back."""

from typing import Annotated

from fastapi import APIRouter, Header, Response
from fastapi.responses import JSONResponse

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
from overread.api.schemas import Id, ImageOut
from overread.domain.errors import AuditClosed, InvalidInput, ReadFinal
from overread.services.audit import audits, cases, draw, queue, reads, worklist
from overread.services.audit.cases import Case, CaseFinding
from overread.services.audit.late_saves import Other, Sibling
from overread.services.blinding.rules import may_see_streams
from overread.services.films.masks import mask_rle
from overread.services.gate.standing import gate_standing

router = APIRouter(tags=["audits"])
FINAL: dict[str | None, type[AuditClosed | ReadFinal]] = {one.type: one for one in (AuditClosed, ReadFinal)}


@router.get("/audits/{audit_id}")
def get_audit(audit_id: int, session: SessionDep, account: AccountDep) -> AuditOut:
    """The design of an audit, how far it has come; and, to whom its streams may be told, what its gate would say."""
    state = worklist.describe_audit(session, audit_id)
    audit, iteration = state.audit, state.iteration
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
        findings=state.findings,
        closed=iteration.stage != "auditing",
        gate=gate_standing(session, iteration) if told else None,
        **vars(state.progress),
    )


@router.get("/audits/{audit_id}/strata")
def list_strata(audit_id: int, session: SessionDep, _account: EngineerDep) -> list[StratumOut]:
    """What each stratum number is, its size, and the reads that each stream drew in it."""
    return [StratumOut.model_validate(row) for row in audits.get_audit(session, audit_id).strata]


@router.get("/audits/{audit_id}/redraw")
def redraw(audit_id: int, session: SessionDep, _account: EngineerDep) -> RedrawOut:
    """Draw again from the stored design and seed: whether every item comes out bit for bit."""
    same, items = draw.redraw(session, audit_id)
    return RedrawOut(same=same, items=items)


@router.get("/audits/{audit_id}/cases")
def list_cases(audit_id: int, session: SessionDep, account: ReaderDep) -> list[CaseRowOut]:
    """The worklist, in its order. The stream of an item is not told: readers must not be able to tell. Nor is that a
    film comes a second time: a later look is listed for who has done it."""
    rows = worklist.list_cases(session, audit_id, account.id)
    return [CaseRowOut.model_validate(row) for row in rows]


@router.post("/audits/{audit_id}/claim")
def claim_next(audit_id: int, session: SessionDep, account: ReaderDep) -> CaseOut | None:
    """The next case that nobody holds, under a lease of ten minutes; null when all are read."""
    audits.get_audit(session, audit_id)
    case = queue.claim_next(session, audit_id, account.id)
    return None if case is None else _case_out(cases.describe_case(session, case, account.id), account.id)


@router.get("/audits/{audit_id}/next")
def peek_next(audit_id: int, beside: Id, session: SessionDep, account: ReaderDep) -> CaseOut | None:
    """The case that a claim would give once the case ``beside`` is read, to lay it out ahead. Takes no lease."""
    audits.get_audit(session, audit_id)
    case = queue.next_case(session, audit_id, account.id, beside)
    return None if case is None else _case_out(cases.describe_case(session, case, account.id), account.id)


@router.post("/cases/{case_id}/claim")
def claim_case(case_id: int, session: SessionDep, account: ReaderDep) -> CaseOut:
    """This very case, for a second look; 412 while another reader holds it."""
    case = queue.claim_case(session, case_id, account.id)
    return _case_out(cases.describe_case(session, case, account.id), account.id)


@router.get("/cases/{case_id}")
def get_case(case_id: int, session: SessionDep, response: Response, account: ReaderDep) -> CaseOut:
    """The case to look at, without a lease: saving needs a claim."""
    case = worklist.get_case(session, case_id)
    response.headers["ETag"] = f'"{case.version}"'
    return _case_out(cases.describe_case(session, case, account.id), account.id)


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
    verdicts = [verdict.said() for verdict in body.verdicts]
    read = reads.CaseRead(body.image_sha256, body.fence, int(version), body.seconds, verdicts)
    saved = reads.submit_read(session, case_id, account.id, idempotency_key, read)
    answer = ReadOut.model_validate(saved)
    response.headers["ETag"] = f'"{saved.version}"'
    final = FINAL.get(saved.why)
    if final is not None:
        return problem(final.type, final.title, final.status, final.sentence, **answer.model_dump())
    if saved.sibling:
        response.status_code = 412
    return answer


def _case_out(shown: Case, account_id: int) -> CaseOut:
    case = shown.case
    return CaseOut(
        id=case.id,
        audit_id=case.audit_id,
        position=case.position,
        image=ImageOut.model_validate(shown.image),
        labelling_id=shown.labelling_id,
        tau_mask=shown.tau_mask,
        blind=shown.blind,
        why=shown.why,
        fence=case.fence,
        version=case.version,
        done=case.done,
        lease_seconds=shown.lease_seconds,
        findings=[_finding_out(shown, finding, account_id) for finding in shown.findings],
    )


def _finding_out(case: Case, one: CaseFinding, account_id: int) -> CaseFindingOut:
    label, read, frozen = one.label, one.read, one.frozen
    pseudo = mask_rle(one.pseudo) if one.pseudo else None
    return CaseFindingOut(
        finding=one.finding,
        drawn=one.drawn,
        decision=label.decision if label else None,
        presence=label.presence if label else None,
        agreement=label.agreement if label else None,
        pseudo=pseudo,
        boxes=pseudo.boxes if pseudo else (),
        members=one.members,
        teachers=[TeacherOut(number=teacher.number, mask=teacher.mask) for teacher in one.teachers],
        public=mask_rle(one.public) if one.public else None,
        previous=mask_rle(one.previous) if one.previous else None,
        verdict=read.verdict if read else None,
        note=read.note if read else None,
        flagged=read.flagged if read else False,
        read=reads.read_rle(case.image, read, one.read_mask) if read else None,
        frozen=reads.read_rle(case.image, frozen, one.frozen_mask) if frozen else None,
        shown=one.shown,
        others=[_other_out(other, account_id) for other in one.others],
        siblings=[sibling_out(sibling, account_id) for sibling in one.siblings],
    )


def _other_out(other: Other, account_id: int) -> OtherReadOut:
    read = other.read
    return OtherReadOut(
        id=read.id,
        reader=other.reader,
        mine=read.account_id == account_id,
        iteration=other.iteration,
        verdict=read.verdict,
        mask=other.rle,
    )


def sibling_out(sibling: Sibling, account_id: int) -> SiblingOut:
    """A late save on the wire."""
    read = sibling.read
    return SiblingOut(
        id=read.id,
        reader=sibling.reader,
        mine=read.account_id == account_id,
        created_at=read.created_at,
        verdict=read.verdict,
        mask=sibling.rle,
    )
