"""Signing in and out; who may, and inviting people."""

from datetime import datetime, timedelta

from fastapi import APIRouter, Request, Response
from pydantic import Field

from overread.api.http.deps import COOKIE, AccountDep, AdminDep, InstallationDep, SessionDep
from overread.api.http.tries import DEVICE_COOKIE, Devices, Tries
from overread.api.schemas import AccountOut, Answer, Body
from overread.domain.words import PersonState, Role
from overread.services.people import accounts, listing

router = APIRouter(tags=["people"])
DEVICE_LIFE = timedelta(days=400)  # longer than that no browser keeps a cookie
DEVICE_PATH = "/api/v1/sign-in"


class LinkIn(Body):
    token: str = Field(max_length=200)
    password: str | None = Field(None, max_length=256)


class SignInIn(Body):
    name: str = Field(max_length=256)  # composed and stripped, a name has 64
    password: str = Field(max_length=256)


class InviteIn(Body):
    name: str = Field(max_length=256)
    role: Role


class InviteOut(Answer):
    link: str
    account: AccountOut
    replaced: int  # older links of this account, unused, that work no longer


class RoleIn(Body):
    role: Role


class PersonOut(AccountOut):
    """An account as an admin sees it; ``link_until``: when its unused link ends, where one still works."""

    state: PersonState
    link_until: datetime | None


def _let_in(
    request: Request,
    response: Response,
    installation: InstallationDep,
    session: SessionDep,
    account: AccountDep,
    token: str,
) -> AccountOut:
    """Hand out the new session, end the one that this browser had, and know the browser again another day."""
    accounts.sign_out(session, request.cookies.get(COOKIE))
    device = Devices(installation.settings.secret).remember(request.cookies.get(DEVICE_COOKIE), account.name)
    for name, value, life, path in (
        (COOKIE, token, accounts.LIFE, "/"),
        (DEVICE_COOKIE, device, DEVICE_LIFE, DEVICE_PATH),
    ):
        response.set_cookie(
            name,
            value,
            max_age=int(life.total_seconds()),
            httponly=True,
            samesite="lax",
            secure=installation.settings.secure_cookies,
            path=path,
        )
    return AccountOut.model_validate(account)


@router.post("/sign-in")
def sign_in(
    request: Request, body: SignInIn, response: Response, installation: InstallationDep, session: SessionDep
) -> AccountOut:
    """Sign in by name and password."""
    tries: Tries = request.app.state.tries
    address = request.client.host if request.client else None
    device = Devices(installation.settings.secret).known(request.cookies.get(DEVICE_COOKIE), body.name)
    with tries.counted(body.name, address, device):
        account, token = accounts.sign_in(session, body.name, body.password)
    return _let_in(request, response, installation, session, account, token)


@router.post("/sign-in/link")
def sign_in_with_link(
    request: Request, body: LinkIn, response: Response, installation: InstallationDep, session: SessionDep
) -> AccountOut:
    """Sign in by a one-time link; the password given here is the one to sign in with later."""
    account, token = accounts.sign_in_with_link(session, body.token, body.password)
    return _let_in(request, response, installation, session, account, token)


@router.post("/sign-out", status_code=204)
def sign_out(request: Request, response: Response, session: SessionDep) -> None:
    """End this session."""
    accounts.sign_out(session, request.cookies.get(COOKIE))
    response.delete_cookie(COOKIE, path="/")


@router.post("/sign-out/everywhere", status_code=204)
def sign_out_everywhere(response: Response, session: SessionDep, account: AccountDep) -> None:
    """End all sessions of the account, this one too."""
    accounts.sign_out_everywhere(session, account.id)
    response.delete_cookie(COOKIE, path="/")


@router.get("/me")
def me(account: AccountDep) -> AccountOut:
    """Who is signed in."""
    return AccountOut.model_validate(account)


@router.get("/accounts")
def list_people(session: SessionDep, _admin: AdminDep) -> list[PersonOut]:
    """Everybody who has an account, and how each can come in."""
    return [PersonOut.model_validate(person) for person in listing.list_people(session)]


@router.post("/accounts/invite")
def invite(body: InviteIn, session: SessionDep, installation: InstallationDep, admin: AdminDep) -> InviteOut:
    """Make an account if the name is new, and a one-time link to hand to the person; it replaces older unused ones."""
    made = accounts.make_invitation(session, body.name, body.role, by=admin.id)
    link = installation.settings.sign_in_link(made.token)
    return InviteOut(link=link, account=AccountOut.model_validate(made.account), replaced=made.replaced)


@router.put("/accounts/{account_id}/role")
def set_role(account_id: int, body: RoleIn, session: SessionDep, admin: AdminDep) -> AccountOut:
    """Give an account another role; its sessions and links end."""
    return AccountOut.model_validate(accounts.set_role(session, account_id, body.role, by=admin.id))


@router.post("/accounts/{account_id}/disable", status_code=204)
def disable(account_id: int, session: SessionDep, admin: AdminDep) -> None:
    """End all rights of an account at once."""
    accounts.disable_account(session, account_id, by=admin.id)


@router.post("/accounts/{account_id}/enable", status_code=204)
def enable(account_id: int, session: SessionDep, admin: AdminDep) -> None:
    """Let a disabled account sign in again."""
    accounts.enable_account(session, account_id, by=admin.id)
