"""``overread benchmark``: measure, in a process of its own. Benchmarks come with a checkout, not with the package."""

import os
import subprocess
import sys

import typer

from overread.domain.errors import MissingDependency
from overread.shipped import CHECKOUT

ROOT = CHECKOUT
app = typer.Typer(no_args_is_help=True, help="Measure the method itself, by programs that come with a checkout.")


# What follows belongs to the benchmark, --help too: its options are said in one place.
@app.command(add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def study(context: typer.Context) -> None:
    """The study's tables again, on the phantom or on films of people (docs/study.md); --help says the options."""
    _run("study", context.args)


@app.command(add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def bias(context: typer.Context) -> None:
    """The promise: do audit and gate stop confirmation bias? (docs/bias.md); --help says the options."""
    _run("bias", context.args)


@app.command(add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def demo(context: typer.Context) -> None:
    """The demo on five seeds, all told (docs/start.md); --help says the options."""
    _run("demo", context.args)


def _run(name: str, arguments: list[str]) -> None:
    """Run ``benchmarks.NAME`` and end as it ends. Raises MissingDependency outside a checkout."""
    if not (ROOT / "benchmarks" / name).is_dir():
        raise MissingDependency(
            f"The {name} benchmark comes with Overread's source, not with the package. Get a checkout, run `make "
            "setup` in it, and this command from there."
        )
    # -P and the path: ours, whatever lies in the folder that this was called from.
    command = [sys.executable, "-P", "-m", f"benchmarks.{name}", *arguments]
    ended = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False)
    raise typer.Exit(ended.returncode)
