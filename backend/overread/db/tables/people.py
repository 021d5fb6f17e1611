"""Who signs in."""

from datetime import datetime

from sqlalchemy import (
    DateTime,
    ForeignKey,
    text,
)
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from overread.db.tables.base import Id, Now, Table, When, one_of
from overread.domain.people import name_key
from overread.domain.words import Role


def _key_of_the_name(context: DefaultExecutionContext) -> str:
    return name_key(context.get_current_parameters()["name"])  # type: ignore[no-untyped-call]


class Account(Table):
    """A person who signs in, known by ``name_key``: "Ada" and "ada " are one person. ``password_hash`` is null until
    a password was set by a one-time link."""

    __tablename__ = "account"
    __table_args__ = (one_of("role", Role),)
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    name_key: Mapped[str] = mapped_column(unique=True, default=_key_of_the_name)
    role: Mapped[Role]
    password_hash: Mapped[str | None]
    disabled: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[Now]


class SignInLink(Table):
    """A one-time link; only the hash of its token is kept. One that was replaced before its use is gone."""

    __tablename__ = "sign_in_link"
    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    used_at: Mapped[When]


class SignIn(Table):
    """A server-side session; the cookie holds the token, this row its hash."""

    __tablename__ = "sign_in"
    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    created_at: Mapped[Now]
    seen_at: Mapped[Now]
