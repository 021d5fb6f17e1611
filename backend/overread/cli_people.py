"""Who may sign in, from the command line of the machine: ``people``, ``invite``, ``role``, ``disable``, ``enable``."""

from dataclasses import asdict
from typing import Annotated

import typer

from overread.console import AsJson, console, installation, show
from overread.db.session import Database
from overread.settings import Settings

app = typer.Typer()
Name = Annotated[str, typer.Argument(help="Sign-in name, however it is spelled: Ada, ada.")]


@app.command()
def people(as_json: AsJson = False) -> None:
    """Say who has an account: name, role, and whether and how the person can sign in."""
    from overread.services.people.listing import list_people

    with installation() as (_settings, database, _blobs), database.transaction() as session:
        found = list_people(session)
    if as_json:
        show([asdict(person) for person in found], True)
    else:
        show([f"{person.name}: {person.role}, {person.state}" for person in found], False)


@app.command()
def invite(
    name: Name,
    role: Annotated[str, typer.Option(help="reader, engineer or admin.")] = "reader",
) -> None:
    """Print a one-time link that signs a person in. It replaces the person's older unused links."""
    from overread.services.people import accounts

    with installation() as (settings, database, _blobs):
        with database.transaction() as session:
            made = accounts.make_invitation(session, name, role)
        if made.replaced:
            console.print(f"An older link of {made.account.name} that nobody used works no longer.")
        print(settings.beside_the_server().sign_in_link(made.token))


@app.command()
def role(name: Name, role: Annotated[str, typer.Argument(help="reader, engineer or admin.")]) -> None:
    """Give a person another role; sessions and links end."""
    from overread.services.people import accounts

    with installation() as (_settings, database, _blobs), database.transaction() as session:
        account = accounts.set_role(session, accounts.find_named(session, name).id, role)
        sentence = f"{account.name} has the role {account.role}."
    print(sentence)


@app.command()
def disable(name: Name) -> None:
    """End all rights of a person at once: sessions, links, signing in."""
    from overread.services.people import accounts

    with installation() as (_settings, database, _blobs), database.transaction() as session:
        account = accounts.disable_account(session, accounts.find_named(session, name).id)
        sentence = f"{account.name} is disabled. To let {account.name} in again: overread enable NAME."
    print(sentence)


@app.command()
def enable(name: Name) -> None:
    """Let a disabled person sign in again, with the password and role of before."""
    from overread.services.people import accounts

    with installation() as (_settings, database, _blobs), database.transaction() as session:
        account = accounts.enable_account(session, accounts.find_named(session, name).id)
        sentence = f"{account.name} may sign in, with the role {account.role}."
    print(sentence)


def offer_set_up(settings: Settings, database: Database) -> None:
    """No default password: the first admin comes in by a link that works once, for a day.

    An account of that name that was disabled, or has another role, gets no admin's link: who may is then said.
    """
    from overread.services.people import accounts

    with database.transaction() as session:
        if not accounts.needs_set_up(session):
            return
        try:
            token = accounts.invite(session, "admin", "admin")
        except (accounts.AccountDisabled, accounts.RoleDiffers) as refused:
            sentence = f"No admin can sign in, and no link is made: {refused} Or: overread invite NAME --role admin"
        else:
            sentence = f"Sign in as admin (once, within a day): {settings.sign_in_link(token)}"
    print(sentence, flush=True)
