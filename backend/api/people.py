"""Signing in and out, and inviting people."""

from datetime import timedelta

from fastapi import APIRouter, Request, Response
from limits import RateLimitItemPerMinute

from backend.api.deps import COOKIE, AccountDep, AdminDep, HouseDep, SessionDep
from backend.api.schemas import AccountOut, InviteIn, InviteOut, LinkIn, SignInIn
from backend.db.tables import Account
from backend.domain.errors import OverreadError
from backend.services import accounts

router = APIRouter(tags=["people"])
TRIES = RateLimitItemPerMinute(10, 5)


class TooManyTries(OverreadError):
    """Ten tries in five minutes, by name and by address."""

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


def _count_try(request: Request, name: str) -> None:
    limiter = request.app.state.limiter
    address = request.client.host if request.client else "local"
    if not (limiter.hit(TRIES, "name", name) and limiter.hit(TRIES, "address", address)):
        raise TooManyTries("Too many tries. Wait five minutes, or ask an admin for a new link.")


@router.post("/sign-in")
def sign_in(request: Request, body: SignInIn, response: Response, house: HouseDep, session: SessionDep) -> AccountOut:
    """Sign in by name and password."""
    _count_try(request, body.name)
    account, token = accounts.sign_in(session, body.name, body.password)
    return _let_in(response, house, account, token)


@router.post("/sign-in/link")
def sign_in_with_link(
    request: Request, body: LinkIn, response: Response, house: HouseDep, session: SessionDep
) -> AccountOut:
    """Sign in by a one-time link; the password given here is the one to sign in with later."""
    _count_try(request, "a link")
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
