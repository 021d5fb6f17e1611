"""The trail for admins: its newest lines, and whether all of it still is what was written."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BeforeValidator

from overread.api.http.deps import AdminDep, SessionDep
from overread.api.schemas import Answer, Id
from overread.domain.json_value import JsonValue
from overread.domain.words import TrailFault
from overread.services import trail

router = APIRouter(prefix="/trail", tags=["trail"])


class DetailOut(Answer):
    """One thing that a line tells; ``value`` is a text as it is, anything else as JSON."""

    name: str
    value: str


def _details(detail: Mapping[str, JsonValue]) -> list[DetailOut]:
    texts = {name: one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for name, one in detail.items()}
    return [DetailOut(name=name, value=texts[name]) for name in sorted(texts)]


class EntryOut(Answer):
    """A line. ``who`` is null where nobody signed in did it (a worker, the command line), ``project`` where it belongs
    to none."""

    id: int
    at: datetime
    project_id: int | None
    project: str | None
    account_id: int | None
    who: str | None
    action: str
    subject: str
    detail: Annotated[list[DetailOut], BeforeValidator(_details)]


class TrailPageOut(Answer):
    """Lines, newest first; ``next``: what to ask for ``after`` to go on, null at the trail's beginning."""

    entries: list[EntryOut]
    next: int | None


class FaultOut(Answer):
    """The first bad line, or of a chain that was cut the last one left; ``sentence`` says it in English.

    ``chain`` is a project, or 0 for what belongs to none; ``beside`` the line that gives it away; ``known`` how many
    lines the anchor knows that does; ``lines`` how many of the chain held.
    """

    kind: TrailFault
    chain: int
    lines: int
    entry: EntryOut | None
    beside: int | None
    known: int | None
    sentence: str


class VerificationOut(Answer):
    """``anchors``: what to keep elsewhere, a line for each chain; none where a fault was found."""

    lines: int
    seconds: float
    anchors: list[Annotated[str, BeforeValidator(str)]]
    fault: FaultOut | None


@router.get("")
def list_entries(
    session: SessionDep,
    _admin: AdminDep,
    after: Id | None = None,
    subject: Annotated[str, Query(max_length=200)] = "",
    account_id: Id | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> TrailPageOut:
    """Lines, newest first: those after line ``after`` in that order, about one subject, by one person, where given."""
    found = trail.list_entries(session, after=after, limit=limit + 1, subject=subject, account_id=account_id)
    shown = [EntryOut.model_validate(one) for one in found[:limit]]
    return TrailPageOut(entries=shown, next=shown[-1].id if len(found) > limit else None)


@router.get("/verification")
def verify(session: SessionDep, _admin: AdminDep) -> VerificationOut:
    """Compute every hash of the trail again. One at a time: who asks meanwhile is refused, and may ask again."""
    return VerificationOut.model_validate(trail.verify_alone(session))
