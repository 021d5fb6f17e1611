"""``overread trail``: whether the trail still is what was written."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from overread.console import AsJson, installation, line_counter, show
from overread.domain.errors import InvalidInput
from overread.domain.trail import Anchor
from overread.services.trail import Verification, verify_trail

app = typer.Typer(no_args_is_help=True, help="Whether the trail of who did what still is what was written.")
Expect = Annotated[
    list[str] | None, typer.Option(help="An anchor that was kept, or a file of them: what this command printed then.")
]


@app.command()
def verify(expect: Expect = None, as_json: AsJson = False) -> None:
    """Compute every hash of the trail again. Names the first bad line and ends with status 1, else prints anchors."""
    anchors = [anchor for one in expect or [] for anchor in _anchors(one)]
    with installation() as (_settings, database, _blobs), database.transaction() as session:
        found = verify_trail(session, anchors, line_counter("trail"))
    if as_json:
        fault = found.fault and asdict(found.fault) | {"sentence": found.fault.sentence}
        result = {"lines": found.lines, "seconds": found.seconds, "anchors": [str(one) for one in found.anchors]}
        show(result | {"compared": len(anchors), "fault": fault}, True)
    else:
        show(_sentences(found, len(anchors)), False)
    raise typer.Exit(1 if found.fault else 0)


def _sentences(found: Verification, compared: int) -> list[str]:
    """What was found, and where nothing was, the anchors to keep."""
    if found.fault:
        return [f"The trail does not hold. {found.fault.sentence}"]
    read = f"{found.lines:,} lines in {found.seconds:.1f} s, {found.rate:,.0f} a second"
    against = (
        f"Nothing up to the {compared} kept anchors is missing."
        if compared
        else "No anchor was given: an end that was cut off would not be seen."
    )
    keep = "Keep these anchors (PROJECT:LINES:HASH) on another machine, and give them back with --expect:"
    return [f"The trail holds: {read}. {against}", *([keep] if found.anchors else []), *map(str, found.anchors)]


def _anchors(told: str) -> list[Anchor]:
    """Anchors as they were printed, or those in a file."""
    if ":" not in told and not Path(told).is_file():
        raise InvalidInput(f"{told!r} is neither an anchor (PROJECT:LINES:HASH) nor a file.")
    return Anchor.all_in(told if ":" in told else Path(told).read_text())
