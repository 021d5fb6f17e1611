"""A reader's own page: what they caught and missed, how far they agree with themselves and others. No leaderboard."""

from dataclasses import asdict

from fastapi import APIRouter

from overread.api.http.deps import AccountDep, AdminDep, ReaderDep, SessionDep
from overread.api.schemas import AccountOut, Answer
from overread.domain.words import TrustLight
from overread.services.audit import readers
from overread.services.films.projects import get_project

router = APIRouter(tags=["second readers"])


class ShareOut(Answer):
    """``hits`` of ``n`` with the exact 95 % interval; ``value`` is null without a trial."""

    hits: int
    n: int
    value: float | None
    low: float
    high: float


class TrustOut(Answer):
    """Each share with its exact interval; ``seconds`` are a case's median, low and high."""

    account_id: int
    name: str
    light: TrustLight
    reads: int
    detected: ShareOut
    false_alarms: ShareOut
    anchored: ShareOut
    again: ShareOut
    again_dice: float | None
    second: ShareOut
    second_dice: float | None
    larger: ShareOut
    ratio: float | None
    seconds: list[float | None]
    accepted_weight: float


@router.get("/projects/{project_id}/my-reading")
def get_my_reading(project_id: int, session: SessionDep, account: ReaderDep) -> TrustOut:
    """What is known of your own reading; planted errors count once their audit is closed."""
    get_project(session, project_id)
    return TrustOut(**asdict(readers.reader_trust(session, project_id, account, live=False)))


@router.get("/projects/{project_id}/readers")
def list_readers(project_id: int, session: SessionDep, _admin: AdminDep) -> list[AccountOut]:
    """Who has read in a project, by name: for an admin."""
    get_project(session, project_id)
    return [AccountOut.model_validate(row) for row in readers.list_readers(session, project_id)]


@router.get("/projects/{project_id}/readers/{account_id}")
def get_reading(project_id: int, account_id: int, session: SessionDep, account: AccountDep) -> TrustOut:
    """One reader's page: for themselves and for an admin; for anybody else there is none."""
    get_project(session, project_id)
    reader = readers.find_reader(session, account_id, account)
    return TrustOut(**asdict(readers.reader_trust(session, project_id, reader, live=account.role == "admin")))
