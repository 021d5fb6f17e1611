"""Who may sign in, for the page and the command that show them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, exists, func, or_, select
from sqlalchemy.orm import Session

from overread.db.tables import Account, SignIn, SignInLink
from overread.domain.words import PersonState, Role
from overread.services.people.accounts import lasts


@dataclass(frozen=True)
class Person:
    """An account with its state; ``link_until`` is when its unused link ends, where there is one that still works."""

    id: int
    name: str
    role: Role
    state: PersonState
    link_until: datetime | None


def list_people(session: Session) -> list[Person]:
    """All accounts by name; those that are disabled come last."""
    link = (
        select(func.max(SignInLink.expires_at))
        .where(SignInLink.account_id == Account.id, SignInLink.used_at.is_(None), SignInLink.expires_at > func.now())
        .scalar_subquery()
    )
    inside = exists().where(SignIn.account_id == Account.id, lasts())
    state = case(
        (Account.disabled, "disabled"),
        (or_(Account.password_hash.is_not(None), inside), "active"),
        (link.is_not(None), "invited"),
        else_="no-way-in",
    )
    query = select(Account.id, Account.name, Account.role, state, link).order_by(Account.disabled, Account.name_key)
    return [Person(*row) for row in session.execute(query)]
