"""``overread benchmark demo [--seeds 0 1 2 3 4]``: the demo on several seeds, every one of them told.

Each is ``overread demo --no-serve`` in a process and a folder of its own; what is finished is kept and not run again.
"""

import argparse
import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from overread.domain.imaging.beside import MACRO

SEEDS = (0, 1, 2, 3, 4)
PAIRS = (("unread", "teacher"), ("read", "teacher"), ("read", "unread"))
SCORES = {"d_auc": "D-AUC", "dice": "Dice*"}


def main() -> None:
    """Run what is missing, and print every seed."""
    given = _arguments().parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    for seed in given.seeds:
        report = given.folder / f"{seed}.json"
        if not report.exists() and not given.tables_only:
            run_seed(seed, given.folder, report)
    found = {seed: told for seed in given.seeds if (told := _read(given.folder / f"{seed}.json")) is not None}
    show(found, Console(width=150, markup=False))


def run_seed(seed: int, folder: Path, report: Path) -> None:
    """One demo from its beginning to its end. Raises CalledProcessError when it fails."""
    command = [sys.executable, "-P", "-m", "overread.cli", "demo", "--no-serve", "--seed", str(seed)]
    command += ["--folder", str(folder / str(seed)), "--port", str(_free_port()), "--report", str(report)]
    subprocess.run(command, check=True)


def show(found: dict[int, dict[str, Any]], console: Console) -> None:
    """A line a seed: scores in percent, the mean of the findings, paired differences with 95 % intervals."""
    for score, name in SCORES.items():
        table = Table("seed", "teacher", *(f"{of} − {since}" for of, since in PAIRS), title=f"{name}, %")
        for seed, told in found.items():
            beside = told["comparison"]["beside"]
            changes = {(one["of"], one["since"]): one["scores"][MACRO][score] for one in beside["differences"]}
            teacher = beside["scores"]["teacher"][MACRO][score]["value"]
            table.add_row(str(seed), f"{100 * teacher:.1f}", *(interval(changes[pair]) for pair in PAIRS))
        console.print(table)
    table = Table("seed", "films read", "of", "reads", "minutes", "let in", "withheld", "seconds")
    for seed, told in found.items():
        reading, let_in = told["comparison"]["reading"], told["comparison"]["let_in"]
        entered = f"{sum(one['let_in'] for one in let_in)} of {sum(one['decided'] for one in let_in)}"
        withheld = ", ".join(one["finding"] for one in let_in if one["withheld"])
        numbers = (seed, reading["films"], reading["pool"], reading["reads"], round(reading["seconds"] / 60))
        table.add_row(*map(str, numbers), entered, withheld or "nothing", f"{told['seconds']['total']:.0f}")
    console.print(table)


def interval(one: dict[str, float]) -> Text:
    """A change in percent with its interval; bold where that leaves 0 out."""
    told = f"{100 * one['value']:+.1f} [{100 * one['low']:+.1f}, {100 * one['high']:+.1f}]"
    return Text(told, style="bold" if one["low"] > 0 or one["high"] < 0 else "")


def _read(path: Path) -> dict[str, Any] | None:
    return dict(json.loads(path.read_text())) if path.exists() else None


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="overread benchmark demo", description="The demo on several seeds.")
    parser.add_argument("--seeds", nargs="+", type=int, default=list(SEEDS), help="by default 0 to 4, all reported")
    parser.add_argument("--folder", type=Path, default=Path(".overread") / "demos", help="where demos and reports lie")
    parser.add_argument("--tables-only", action="store_true", help="print what is finished")
    return parser


if __name__ == "__main__":
    main()
