"""Signing in and out, and inviting people."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from fastapi import APIRouter, Request, Response
from limits import RateLimitItemPerMinute

from backend.api.deps import COOKIE, AccountDep, AdminDep, HouseDep, SessionDep
from backend.api.schemas import AccountOut, InviteIn, InviteOut, LinkIn, SignInIn
from backend.db.tables import Account
from backend.domain.errors import OverreadError, Unauthenticated
from backend.services import accounts

router = APIRouter(tags=["people"])
TRIES = RateLimitItemPerMinute(10, 5)


class TooManyTries(OverreadError):
    """Ten failures in five minutes, by name or by address."""

    type, title, status = "too-many-tries", "Too many tries", 429


def _let_in(response: Response, house: HouseDep, account: Account, token: str) -> AccountOut:
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(timedelta(hours=12).total_seconds()),
        httponly=True,
        samesite="lax",
        secure=house.settings.secure_cookies,
        path="/",
    )
    return AccountOut.model_validate(account)


def _tried(request: Request, name: str | None) -> list[tuple[str, str]]:
    """Whose failures count: the name's, and the address's that it comes from."""
    address = request.client.host if request.client else "local"
    return [("address", address)] + ([("name", name)] if name is not None else [])


@contextmanager
def _slow_down(request: Request, name: str | None = None) -> Iterator[None]:
    """Refuse after ten failures in five minutes. What succeeds does not count: a department shares one address."""
    limiter, tried = request.app.state.limiter, _tried(request, name)
    if not all(limiter.test(TRIES, *key) for key in tried):
        raise TooManyTries("Too many tries. Wait five minutes, or ask an admin for a new link.")
    try:
        yield
    except Unauthenticated:
        for key in tried:
            limiter.hit(TRIES, *key)
        raise


@router.post("/sign-in")
def sign_in(request: Request, body: SignInIn, response: Response, house: HouseDep, session: SessionDep) -> AccountOut:
    """Sign in by name and password."""
    with _slow_down(request, body.name):
        account, token = accounts.sign_in(session, body.name, body.password)
    return _let_in(response, house, account, token)


@router.post("/sign-in/link")
def sign_in_with_link(
    request: Request, body: LinkIn, response: Response, house: HouseDep, session: SessionDep
) -> AccountOut:
    """Sign in by a one-time link; the password given here is the one to sign in with later."""
    with _slow_down(request):
        account, token = accounts.sign_in_with_link(session, body.token, body.password)
    return _let_in(response, house, account, token)


@router.post("/sign-out", status_code=204)
def sign_out(request: Request, response: Response, session: SessionDep) -> None:
    """End this session."""
    accounts.sign_out(session, request.cookies.get(COOKIE))
    response.delete_cookie(COOKIE, path="/")


@router.get("/me")
def me(account: AccountDep) -> AccountOut:
    """Who is signed in."""
    return AccountOut.model_validate(account)


@router.post("/accounts/invite")
def invite(body: InviteIn, session: SessionDep, house: HouseDep, admin: AdminDep) -> InviteOut:
    """Make an account, and a one-time link to hand to the person."""
    token = accounts.invite(session, body.name, body.role, by=admin.id)
    return InviteOut(link=f"{house.settings.public_url}/sign-in#token={token}")


@router.post("/accounts/{account_id}/disable", status_code=204)
def disable(account_id: int, session: SessionDep, admin: AdminDep) -> None:
    """End all rights of an account at once."""
    accounts.disable_account(session, account_id, by=admin.id)
