"""What a route may ask for: the transaction, who is signed in, the blobs. Answers go out after the commit."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from overread.db.session import Database
from overread.db.tables import Account
from overread.domain.errors import OverreadError
from overread.services.people.accounts import find_account, require_role
from overread.settings import Settings
from overread.storage import BlobStore

COOKIE = "overread_session"
STREAMS = 12


class TooManyStreams(OverreadError):
    """More answers that do not end are open for this account than any browser asks for."""

    type, title, status = "too-many-streams", "Too many at once", 429


@dataclass(frozen=True)
class Installation:
    """The parts of a running service, made once by ``create_app``."""

    settings: Settings
    database: Database
    blobs: BlobStore


def get_installation(request: Request) -> Installation:
    installation: Installation = request.app.state.installation
    return installation


def open_transaction(installation: Annotated[Installation, Depends(get_installation)]) -> Iterator[Session]:
    with installation.database.transaction() as session:
        yield session


def get_account(request: Request, installation: Annotated[Installation, Depends(get_installation)]) -> Account:
    """The signed-in account, in a short transaction of its own: a long stream must not hold one open."""
    with installation.database.transaction() as session:
        return find_account(session, request.cookies.get(COOKIE))


def hold_stream(request: Request, account: Annotated[Account, Depends(get_account)]) -> Iterator[None]:
    """A place for an answer that does not end by itself; a browser asks for six at most, each costs a look a second."""
    streams: Counter[int] = request.app.state.streams
    if streams[account.id] >= STREAMS:
        raise TooManyStreams("You have too many pages or exports open at once. Close some, then do this again.")
    streams[account.id] += 1
    try:
        yield
    finally:
        streams[account.id] -= 1


InstallationDep = Annotated[Installation, Depends(get_installation)]
# scope="function": the commit happens before the response leaves, never after.
SessionDep = Annotated[Session, Depends(open_transaction, scope="function")]
AccountDep = Annotated[Account, Depends(get_account)]


def _engineer(account: AccountDep) -> Account:
    require_role(account, "engineer")
    return account


def _reader(account: AccountDep) -> Account:
    require_role(account, "reader", "engineer")
    return account


def _admin(account: AccountDep) -> Account:
    require_role(account, "admin")
    return account


EngineerDep = Annotated[Account, Depends(_engineer)]
ReaderDep = Annotated[Account, Depends(_reader)]
AdminDep = Annotated[Account, Depends(_admin)]
