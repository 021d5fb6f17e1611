"""Second readers: where two do not agree, both reads side by side, and a third reader's decision."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import Field

from overread.api.audit.readers import ShareOut
from overread.api.http.deps import AccountDep, ReaderDep, SessionDep
from overread.api.http.problems import problem
from overread.api.schemas import Answer, Body, ImageOut, RleIn, RleOut
from overread.domain.errors import AuditClosed, ReadFinal
from overread.domain.words import Verdict
from overread.services.audit import adjudication
from overread.services.audit.reads import FindingRead

router = APIRouter(tags=["second readers"])


class DisputeOut(Answer):
    """A unit that two readers have read. ``dice`` is null where both found nothing or one cannot tell."""

    image_id: int
    file_name: str
    finding: str
    verdicts: list[Verdict]
    dice: float | None
    disputed: bool
    decided: bool
    yours: bool


class DisputeDetail(DisputeOut):
    """Both masks, the mask both were shown (null where they drew before any was), and the decision; null is a read that
    cannot tell, or none yet."""

    image: ImageOut
    first: RleOut | None
    second: RleOut | None
    pseudo: RleOut | None
    decision: RleOut | None
    decision_verdict: Verdict | None


class DecisionIn(Body):
    verdict: Verdict
    mask: RleIn | None = None
    note: str | None = Field(None, max_length=2000)
    seconds: float = Field(ge=0, le=86_400)


class ReadersAgreementOut(Answer):
    finding: str
    pairs: int
    dice: float | None
    agree: ShareOut


@router.get("/audits/{audit_id}/disputes")
def list_disputes(audit_id: int, session: SessionDep, account: ReaderDep, every: bool = False) -> list[DisputeOut]:
    """Where two readers do not agree, undecided ones first; with ``every`` all units that two have read."""
    shown = [pair for pair in adjudication.audit_pairs(session, audit_id) if every or pair.disputed]
    return [_dispute_out(pair, account.id) for pair in sorted(shown, key=lambda pair: pair.judged is not None)]


@router.get("/audits/{audit_id}/disputes/{image_id}/{finding}")
def get_dispute(audit_id: int, image_id: int, finding: str, session: SessionDep, account: ReaderDep) -> DisputeDetail:
    """Both reads of one unit, side by side; 404 before both readers are done."""
    dispute = adjudication.describe_dispute(session, audit_id, image_id, finding)
    judged = dispute.pair.judged
    return DisputeDetail(
        **vars(_dispute_out(dispute.pair, account.id)),
        image=dispute.pair.image,
        first=dispute.first,
        second=dispute.second,
        pseudo=dispute.pseudo,
        decision=dispute.decision,
        decision_verdict=judged.verdict if judged is not None else None,
    )


@router.post("/audits/{audit_id}/disputes/{image_id}/{finding}", response_model=DisputeDetail)
def decide(
    audit_id: int, image_id: int, finding: str, body: DecisionIn, session: SessionDep, account: ReaderDep
) -> DisputeDetail | JSONResponse:
    """A third reader's decision: its mask becomes the reference. 409 for one of the two; and, kept beside, once it is
    decided or the audit is closed. ``note`` says why: needed where the two agree, or a gate was judged on them."""
    verdict = FindingRead(finding, body.verdict, body.mask.rle() if body.mask is not None else None, body.note)
    said = adjudication.adjudicate(session, audit_id, image_id, account.id, verdict, body.seconds)
    if said.sibling:
        judged = adjudication.get_pair(session, audit_id, image_id, finding).judged
        final = ReadFinal if judged is not None else AuditClosed
        return problem(final.type, final.title, final.status, final.sentence)
    return get_dispute(audit_id, image_id, finding, session, account)


@router.get("/projects/{project_id}/agreement")
def get_agreement(project_id: int, session: SessionDep, account: AccountDep) -> list[ReadersAgreementOut]:
    """Human against human by finding, over all audits (to a reader: over those that are closed): the ceiling of what a
    network can be measured at."""
    found = adjudication.project_agreements(session, project_id, open_too=account.role != "reader")
    return [ReadersAgreementOut.model_validate(one) for one in found]


def _dispute_out(pair: adjudication.Pair, account_id: int) -> DisputeOut:
    return DisputeOut(
        image_id=pair.image.id,
        file_name=pair.image.file_name,
        finding=pair.finding,
        verdicts=[pair.first.verdict, pair.second.verdict],
        dice=pair.dice,
        disputed=pair.disputed,
        decided=pair.judged is not None,
        yours=account_id in (pair.first.account_id, pair.second.account_id),
    )
