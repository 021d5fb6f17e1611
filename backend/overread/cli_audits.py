"""``overread audit``: what a planned audit can show, and more reads for an open one."""

from dataclasses import asdict
from typing import Annotated, Any

import typer
from sqlalchemy import select

from overread.console import AsJson, installation, show
from overread.domain.errors import NotFound
from overread.domain.policy.plan import DEFAULT, Declaration

app = typer.Typer(no_args_is_help=True, help="What an audit can show, and more reads for it.")


@app.command()
def power(
    project: Annotated[str, typer.Argument(help="Project name.")],
    error: Annotated[float, typer.Option(help="Share of labels assumed wrong.")] = 0.02,
    alpha: Annotated[float, typer.Option(help="The error the gate lets through.")] = DEFAULT.alpha,
    delta: Annotated[float, typer.Option(help="The doubt left: 0.05 is 95% confidence.")] = DEFAULT.delta,
    measure: Annotated[int, typer.Option(help="MEASURE reads a finding.")] = DEFAULT.measure,
    sentinel: Annotated[int, typer.Option(help="SENTINEL reads.")] = DEFAULT.sentinel,
    holdout: Annotated[int, typer.Option(help="HOLDOUT reads.")] = DEFAULT.holdout,
    margin: Annotated[
        float, typer.Option(help="How far the share of right labels may fall on HOLDOUT.")
    ] = DEFAULT.holdout_margin,
    teaches: Annotated[str, typer.Option(help="What the labels may teach: all, or contour.")] = DEFAULT.teaches,
    as_json: AsJson = False,
) -> None:
    """Say with what chance a launch's gate opens, and what its reads cost; nothing is launched."""
    from overread.services.films.projects import get_project_named
    from overread.services.loop.power import power_of_launch

    asked: dict[str, Any] = {"measure": measure, "sentinel": sentinel, "holdout": holdout, "teaches": teaches}
    declared = Declaration(alpha=alpha, delta=delta, holdout_margin=margin, **asked)
    with installation() as (_settings, database, _blobs), database.transaction() as session:
        found = power_of_launch(session, get_project_named(session, project).id, declared, error)
    if as_json:
        show(asdict(found), True)
        return
    rows = [
        f"{finding}: opens with {one.chance:.0%} after {one.reads} of {one.population}; "
        + (f"{one.enough} reads open in nine cases of ten" if one.enough else "no number of reads is likely to open it")
        for finding, one in found.findings.items()
    ]
    if found.holdout is not None:
        one = found.holdout
        rows.append(
            f"HOLDOUT: {one.patients} patients after this audit; when nothing has changed they rule out a fall of "
            f"{one.shown:.2f} one time in two, of {one.margin:.2f} with {one.chance:.0%}"
        )
    rows.append(f"{found.plants} planted errors: good readers are trusted with {found.trust:.0%}")
    show([*rows, f"{found.reads} reads, {found.minutes:.0f} minutes"], False)


@app.command()
def more(
    audit: Annotated[int, typer.Argument(help="The open audit's number.")],
    what: Annotated[str, typer.Argument(help="A finding, whose sample goes on; or HOLDOUT (patients), or SENTINEL.")],
    reads: Annotated[int, typer.Argument(min=1, help="How many more.")],
    name: Annotated[str, typer.Option("--as", help="Sign-in name of the person who asks.")],
    as_json: AsJson = False,
) -> None:
    """Have more read in an open audit, as a clause of the gate asks for it; the gate may then be asked again."""
    from overread.db.tables import Account
    from overread.domain.words import Extended
    from overread.services.audit.more import extend

    streams: dict[str, Extended] = {"HOLDOUT": "HOLDOUT", "SENTINEL": "SENTINEL"}
    stream, finding = streams.get(what, "MEASURE"), None if what in streams else what

    with installation() as (_settings, database, _blobs), database.transaction() as session:
        account = session.scalars(select(Account).where(Account.name == name, ~Account.disabled)).one_or_none()
        if account is None:
            raise NotFound(f"There is no account named {name!r}.")
        show(asdict(extend(session, audit, stream, finding, reads, account.id)), as_json)
