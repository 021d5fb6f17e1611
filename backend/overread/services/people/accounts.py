"""Accounts: one-time links instead of default passwords, server-side sessions that end when the server says so."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import get_args

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, text, update
from sqlalchemy.orm import Session

from overread.db.tables import Account, SignIn, SignInLink
from overread.domain.errors import Conflict, Forbidden, InvalidInput, NotFound, Unauthenticated
from overread.domain.people import name_key, sign_in_name
from overread.domain.words import Role
from overread.services.people import passwords
from overread.services.trail import record

ROLES: tuple[Role, ...] = get_args(Role)
LINK_LIFE = timedelta(hours=24)
IDLE, LIFE = timedelta(minutes=30), timedelta(hours=12)


class WrongPassword(Unauthenticated):
    """No enabled account has this name and this password; which of them was wrong is not said."""

    type, title = "wrong-password", "Name or password is wrong"


class LinkSpent(Unauthenticated):
    """A one-time link that was used, replaced or revoked, or is too old."""

    type, title = "link-spent", "This link no longer works"


class RoleDiffers(Conflict):
    """A known name was invited with another role; ``account_id`` says whose role to change first."""

    type, title = "role-differs", "This name has another role"


class AccountDisabled(Conflict):
    """A disabled account gets no link; ``account_id`` says which to enable first."""

    type, title = "account-disabled", "This account is disabled"


class LastAdmin(Conflict):
    """The last admin who can sign in was to be disabled or to lose the role."""

    type, title = "last-admin", "The last admin stays"


@dataclass(frozen=True)
class Invitation:
    """A one-time link's token for an account, and how many older unused links ended with it."""

    token: str
    account: Account
    replaced: int


def invite(session: Session, name: str, role: str, by: int | None = None) -> str:
    """The token of a new invitation."""
    return make_invitation(session, name, role, by).token


def make_invitation(session: Session, name: str, role: str, by: int | None = None) -> Invitation:
    """Make the account if it is new, and a one-time link that signs it in and sets its password.

    An invitation replaces the account's older unused links. Raises InvalidInput for a name or role that cannot be,
    RoleDiffers for a known name with another role, and AccountDisabled.
    """
    name = sign_in_name(name)
    _lock_accounts(session, by)
    known = session.scalar(select(Account.id).where(Account.name_key == name_key(name)))
    account = _locked(session, known) if known is not None else Account(name=name, role=_known_role(role))
    session.add(account)
    session.flush()
    if account.disabled:
        raise AccountDisabled(
            f"{account.name} is disabled and gets no link. Enable the account first: "
            f"overread enable NAME, or POST /api/v1/accounts/{account.id}/enable.",
            account_id=account.id,
        )
    if account.role != role:
        raise RoleDiffers(
            f"{account.name} has the role {account.role} already. Invite with that one, or change the role first: "
            f"overread role NAME {role}, or PUT /api/v1/accounts/{account.id}/role.",
            account_id=account.id,
        )
    replaced = _end_links(session, account.id)
    token = secrets.token_urlsafe(32)
    session.add(SignInLink(token_sha256=_digest(token), account_id=account.id, expires_at=func.now() + LINK_LIFE))
    subject = f"account {account.id}"
    record(session, "account.invited", subject, account_id=by, name=account.name, role=role, replaced=replaced)
    return Invitation(token, account, replaced)


def needs_set_up(session: Session) -> bool:
    """True while no admin can sign in: the server then prints a link."""
    return not session.scalar(select(exists().where(_works())))


def sign_in_with_link(session: Session, token: str, password: str | None = None) -> tuple[Account, str]:
    """Use a one-time link, once. A password given now is the one to sign in with later; it ends older sessions."""
    usable = and_(
        SignInLink.token_sha256 == _digest(token), SignInLink.used_at.is_(None), SignInLink.expires_at > func.now()
    )
    # The account before the link, as everybody does who ends links: two who wait for each other would never end.
    account_id = session.scalar(select(SignInLink.account_id).where(usable))
    account = _locked(session, account_id) if account_id is not None else None
    used = session.execute(update(SignInLink).where(usable).values(used_at=func.now()).returning(SignInLink.account_id))
    if account is None or account.disabled or used.one_or_none() is None:
        raise LinkSpent("This link was used already, was replaced, or is older than a day. Ask an admin for a new one.")
    if password is not None:
        account.password_hash = passwords.hashed(password)
        _end_all(session, account.id)
        record(session, "account.password-set", f"account {account.id}", account_id=account.id)
    return account, _open_session(session, account)


def sign_in(session: Session, name: str, password: str) -> tuple[Account, str]:
    """Name and password; the same answer, as slow, whichever of the two was wrong."""
    found = session.scalars(select(Account).where(Account.name_key == name_key(name))).one_or_none()
    known = found.password_hash if found is not None else None
    if not passwords.matches(password, known) or found is None:
        raise WrongPassword("Name or password is wrong.")
    # The check took its time: meanwhile the account may have been disabled, or its password set anew.
    account = _locked(session, found.id)
    if account.disabled or account.password_hash != known:
        raise WrongPassword("Name or password is wrong.")
    return account, _open_session(session, account)


def signed_in(session: Session, token: str | None) -> Account | None:
    """Who holds this session's token, while it lasts; asking does not make it last longer."""
    if not token:
        return None
    return session.scalars(
        select(Account)
        .join(SignIn, SignIn.account_id == Account.id)
        .where(SignIn.token_sha256 == _digest(token), lasts(), ~Account.disabled)
    ).one_or_none()


def find_account(session: Session, token: str | None) -> Account:
    """Who holds this session's token; raises Unauthenticated when it ended (30 min idle, 12 h at most)."""
    account = signed_in(session, token)
    if account is None:
        raise Unauthenticated("Sign in first: your session has ended, or there was none.")
    # At most one write a minute, so that a page of thumbnails does not queue on one row.
    stale = SignIn.seen_at < func.now() - timedelta(minutes=1)
    session.execute(update(SignIn).where(SignIn.token_sha256 == _digest(token or ""), stale).values(seen_at=func.now()))
    return account


def require_role(account: Account, *roles: str) -> None:
    """Raise Forbidden unless the account has one of the roles; an admin may do everything."""
    if account.role != "admin" and account.role not in roles:
        raise Forbidden(f"This needs the role {' or '.join(roles)}; {account.name} is a {account.role}.")


def sign_out(session: Session, token: str | None) -> None:
    """End this session."""
    if token:
        session.execute(delete(SignIn).where(SignIn.token_sha256 == _digest(token)))


def sign_out_everywhere(session: Session, account_id: int) -> None:
    """End all sessions of an account, wherever they were left open."""
    session.execute(delete(SignIn).where(SignIn.account_id == account_id))
    record(session, "account.signed-out-everywhere", f"account {account_id}", account_id=account_id)


def find_named(session: Session, name: str) -> Account:
    """The account of a sign-in name, however it is spelled; raises NotFound."""
    account = session.scalars(select(Account).where(Account.name_key == name_key(name))).one_or_none()
    if account is None:
        raise NotFound(f"There is no account {name!r}.")
    return account


def set_role(session: Session, account_id: int, role: str, by: int | None = None) -> Account:
    """Give an account another role; its sessions and links end. Raises InvalidInput, NotFound and LastAdmin."""
    _known_role(role)
    _lock_accounts(session, by)
    account = _locked(session, account_id)
    if account.role == role:
        return account
    before = account.role
    _keep_an_admin(session, account)
    account.role = _known_role(role)
    _end_all(session, account.id)
    record(session, "account.role-changed", f"account {account_id}", account_id=by, role=role, before=before)
    return account


def disable_account(session: Session, account_id: int, by: int | None = None) -> Account:
    """End all rights of an account at once. Raises NotFound and LastAdmin."""
    _lock_accounts(session, by)
    account = _locked(session, account_id)
    _keep_an_admin(session, account)
    account.disabled = True
    _end_all(session, account.id)
    record(session, "account.disabled", f"account {account_id}", account_id=by)
    return account


def enable_account(session: Session, account_id: int, by: int | None = None) -> Account:
    """Let a disabled account sign in again, with the password and role that it had. Raises NotFound."""
    _lock_accounts(session, by)
    account = _locked(session, account_id)
    if account.disabled:
        account.disabled = False
        session.flush()
        record(session, "account.enabled", f"account {account_id}", account_id=by)
    return account


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _known_role(role: str) -> Role:
    for known in ROLES:
        if known == role:
            return known
    raise InvalidInput(f"{role!r} is no role; there are {', '.join(ROLES)}.")


def lasts() -> ColumnElement[bool]:
    """The session has not ended by itself."""
    return and_(SignIn.seen_at > func.now() - IDLE, SignIn.created_at > func.now() - LIFE)


def _works() -> ColumnElement[bool]:
    """An admin who can get in: enabled, and with a password or a session. An unused link may never be used."""
    inside = exists().where(SignIn.account_id == Account.id, lasts())
    return and_(Account.role == "admin", ~Account.disabled, or_(Account.password_hash.is_not(None), inside))


def _keep_an_admin(session: Session, account: Account) -> None:
    """Raise LastAdmin if without this account no admin could sign in. The caller holds the accounts' lock."""
    others = select(exists().where(_works(), Account.id != account.id))
    if account.role == "admin" and not account.disabled and not session.scalar(others):
        raise LastAdmin(
            f"{account.name} is the last admin who can sign in. Invite another admin, and have the link used, first."
        )


def _lock_accounts(session: Session, by: int | None) -> None:
    """One change of rights at a time, by an admin who still is one: two who disable each other leave one."""
    session.execute(text("select pg_advisory_xact_lock(hashtext('accounts'))"))
    still = select(exists().where(Account.id == by, Account.role == "admin", ~Account.disabled))
    if by is not None and not session.scalar(still):
        raise Forbidden("You are no longer an admin.")


def _locked(session: Session, account_id: int) -> Account:
    """The account as it is now, and stays until we commit: whoever opens a session waits, or has opened it."""
    query = select(Account).where(Account.id == account_id).with_for_update(key_share=True)
    account = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if account is None:
        raise NotFound(f"There is no account {account_id}.")
    return account


def _end_links(session: Session, account_id: int) -> int:
    """End the account's unused links; the number of those that could still have been used."""
    unused = delete(SignInLink).where(SignInLink.account_id == account_id, SignInLink.used_at.is_(None))
    ended = session.scalars(unused.returning(SignInLink.expires_at > func.now())).all()
    return sum(ended)


def _end_all(session: Session, account_id: int) -> None:
    session.execute(delete(SignIn).where(SignIn.account_id == account_id))
    _end_links(session, account_id)


def _open_session(session: Session, account: Account) -> str:
    token = secrets.token_urlsafe(32)
    session.add(SignIn(token_sha256=_digest(token), account_id=account.id))
    record(session, "account.signed-in", f"account {account.id}", account_id=account.id)
    return token
