"""``overread audit``: what a planned audit can show, and more reads for an open one."""

from dataclasses import asdict
from typing import Annotated

import typer
from sqlalchemy import select

from backend.console import AsJson, house, show
from backend.domain.errors import NotFound

app = typer.Typer(no_args_is_help=True, help="What an audit can show, and more reads for it.")


@app.command()
def power(
    project: Annotated[str, typer.Argument(help="Project name.")],
    error: Annotated[float, typer.Option(help="Share of labels assumed wrong.")] = 0.02,
    alpha: Annotated[float, typer.Option(help="The error the gate lets through.")] = 0.1,
    delta: Annotated[float, typer.Option(help="The doubt left: 0.05 is 95% confidence.")] = 0.05,
    measure: Annotated[int, typer.Option(help="MEASURE reads a finding.")] = 40,
    sentinel: Annotated[int, typer.Option(help="SENTINEL reads.")] = 40,
    as_json: AsJson = False,
) -> None:
    """Say with what chance a launch's gate opens, and what its reads cost; nothing is launched."""
    from backend.services.launches import Launch
    from backend.services.power import power_of_launch
    from backend.services.projects import get_project_named

    launch = Launch(recipes=["any"], alpha=alpha, delta=delta, measure=measure, sentinel=sentinel)
    with house() as (_settings, database, _blobs), database.transaction() as session:
        found = power_of_launch(session, get_project_named(session, project).id, launch, error)
    if as_json:
        show(asdict(found), True)
        return
    rows = [
        f"{finding}: opens with {one.chance:.0%} after {one.reads} of {one.population}; "
        + (f"{one.enough} reads open in nine cases of ten" if one.enough else "no number of reads is likely to open it")
        for finding, one in found.findings.items()
    ]
    rows.append(f"{found.plants} planted errors: good readers are trusted with {found.trust:.0%}")
    show([*rows, f"{found.reads} reads, {found.minutes:.0f} minutes"], False)


@app.command()
def more(
    audit: Annotated[int, typer.Argument(help="The open audit's number.")],
    finding: Annotated[str, typer.Argument(help="Whose labels to read on.")],
    reads: Annotated[int, typer.Argument(min=1, help="How many more.")],
    name: Annotated[str, typer.Option("--as", help="Sign-in name of the person who asks.")],
    as_json: AsJson = False,
) -> None:
    """Have the next labels of a finding's drawn order read; the gate may then be asked again."""
    from backend.db.tables import Account
    from backend.services.more_reads import draw_more

    with house() as (_settings, database, _blobs), database.transaction() as session:
        account = session.scalars(select(Account).where(Account.name == name, ~Account.disabled)).one_or_none()
        if account is None:
            raise NotFound(f"There is no account named {name!r}.")
        show(asdict(draw_more(session, audit, finding, reads, account.id)), as_json)
