"""Accounts: one-time links instead of default passwords, server-side sessions that end when the server says so."""

import hashlib
import secrets
from datetime import timedelta

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from backend.db.tables import Account, SignIn, SignInLink
from backend.domain.errors import Forbidden, InvalidInput, NotFound, Unauthenticated
from backend.services.trail import record

ROLES = ("reader", "engineer", "admin")
LINK_LIFE = timedelta(hours=24)
IDLE, LIFE = timedelta(minutes=30), timedelta(hours=12)
_hasher = PasswordHash((Argon2Hasher(),))
# Checked when the name is unknown, so that an unknown name takes as long as a wrong password.
_NOBODY = _hasher.hash(secrets.token_hex(16))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def invite(session: Session, name: str, role: str, by: int | None = None) -> str:
    """Make the account if it is new, and a one-time link's token that signs it in and sets its password."""
    if role not in ROLES:
        raise InvalidInput(f"{role!r} is no role; there are {', '.join(ROLES)}.")
    name = name.strip()
    if not 1 <= len(name) <= 64 or not name.isprintable():
        raise InvalidInput("A sign-in name has 1 to 64 printable characters.")
    account = session.scalars(select(Account).where(Account.name == name)).one_or_none()
    if account is None:
        account = Account(name=name, role=role)
        session.add(account)
        session.flush()
    elif account.role != role:
        account.role = role
        session.execute(delete(SignIn).where(SignIn.account_id == account.id))
    token = secrets.token_urlsafe(32)
    session.add(SignInLink(token_sha256=_digest(token), account_id=account.id, expires_at=func.now() + LINK_LIFE))
    record(session, "account.invited", f"account {account.id}", account_id=by, name=name, role=role)
    return token


def needs_set_up(session: Session) -> bool:
    """True until an admin has used a link: the server then prints one."""
    used = select(SignInLink.token_sha256).join(Account, Account.id == SignInLink.account_id)
    return session.scalar(used.where(Account.role == "admin", SignInLink.used_at.is_not(None)).limit(1)) is None


def sign_in_with_link(session: Session, token: str, password: str | None = None) -> tuple[Account, str]:
    """Use a one-time link, once; a password given now is the one to sign in with later."""
    account_id = session.scalar(
        update(SignInLink)
        .where(
            SignInLink.token_sha256 == _digest(token),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > func.now(),
        )
        .values(used_at=func.now())
        .returning(SignInLink.account_id)
    )
    if account_id is None:
        raise Unauthenticated("This link was used already or is older than a day. Ask an admin for a new one.")
    account = session.get_one(Account, account_id)
    if account.disabled:
        raise Unauthenticated("This account is disabled. Ask an admin.")
    if password is not None:
        set_password(account, password)
    return account, _open_session(session, account)


def set_password(account: Account, password: str) -> None:
    """Hash with Argon2id; raises InvalidInput for less than 12 or more than 256 characters."""
    if not 12 <= len(password) <= 256:
        raise InvalidInput("A password has 12 to 256 characters.")
    account.password_hash = _hasher.hash(password)


def sign_in(session: Session, name: str, password: str) -> tuple[Account, str]:
    """Name and password; the same answer, as slow, whichever of the two was wrong."""
    account = session.scalars(select(Account).where(Account.name == name)).one_or_none()
    known = account.password_hash if account is not None and account.password_hash else _NOBODY
    right = _hasher.verify(password[:256], known)
    if account is None or not right or known is _NOBODY or account.disabled:
        raise Unauthenticated("Name or password is wrong.")
    return account, _open_session(session, account)


def signed_in(session: Session, token: str | None) -> Account | None:
    """Who holds this session's token, while it lasts; asking does not make it last longer."""
    if not token:
        return None
    return session.scalars(
        select(Account)
        .join(SignIn, SignIn.account_id == Account.id)
        .where(
            SignIn.token_sha256 == _digest(token),
            SignIn.seen_at > func.now() - IDLE,
            SignIn.created_at > func.now() - LIFE,
            ~Account.disabled,
        )
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


def disable_account(session: Session, account_id: int, by: int) -> None:
    """End all rights of an account at once."""
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound(f"There is no account {account_id}.")
    account.disabled = True
    session.execute(delete(SignIn).where(SignIn.account_id == account_id))
    record(session, "account.disabled", f"account {account_id}", account_id=by)


def _open_session(session: Session, account: Account) -> str:
    token = secrets.token_urlsafe(32)
    session.add(SignIn(token_sha256=_digest(token), account_id=account.id))
    record(session, "account.signed-in", f"account {account.id}", account_id=account.id)
    return token
