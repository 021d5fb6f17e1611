"""Effort per fix: the reader of ``frontend/bench/effort`` mends phantom masks with the engine's own tools, in Node; and
the keystroke-level seconds of its gestures."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any

from benchmarks.goals import Goal
from overread.domain.readers.effort import Gestures, work_of
from overread.domain.words import WORKS, Work

CENTIMETRE = 96 / 2.54  # screen pixels, as CSS has them
FRONTEND = Path(__file__).resolve().parents[2] / "frontend"
Fixes = Sequence[Mapping[str, Any]]


def mend(folder: Path, fixes: int, cases: Path | None = None, seed: int = 1) -> list[dict[str, Any]]:
    """One row a mask: what it took with every tool (``tools``), with brush and eraser alone (``brush``), and to draw it
    before any mask is shown (``blind``, None where nothing is there). Masks of phantoms, or the ``cases`` of a file
    (``real``), so many at most."""
    build = ["npx", "vite", "build", "--ssr", "bench/effort/main.ts", "--outDir", str(folder), "--emptyOutDir"]
    subprocess.run([*build, "--logLevel", "error"], cwd=FRONTEND, check=True)
    command = ["node", str(folder / "main.js"), str(fixes), str(seed), *([] if cases is None else [str(cases)])]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in told.splitlines()]


def summarise(rows: Fixes) -> dict[str, dict[str, float]]:
    """By class, and for all of them: medians with every tool and with the brush, and the median of their ratios."""
    kinds = {row["tools"]["kind"]: [other for other in rows if other["tools"]["kind"] == row["tools"]["kind"]]
             for row in rows}  # fmt: skip
    return {kind: _medians(chosen) for kind, chosen in [*kinds.items(), ("all", rows)]}


def _medians(rows: Fixes) -> dict[str, float]:
    told: dict[str, float] = {"fixes": len(rows)}
    for kit in ("tools", "brush"):
        for name in ("gestures", "keys", "travel"):
            told[f"{kit} {name}"] = median(row[kit][name] for row in rows)
        told[f"{kit} done"] = sum(row[kit]["done"] for row in rows) / len(rows)
    told["least ratio"] = median(1 / row["brush"]["gestures"] for row in rows)  # if a tool mended each in one gesture
    told["gestures ratio"] = median(row["tools"]["gestures"] / row["brush"]["gestures"] for row in rows)
    return told


def seconds_by_work(rows: Fixes) -> dict[Work, dict[str, float]]:
    """By kind of work: how many fixes were it, and the mean seconds of their gestures. A fix with every tool is what
    the product would call it; every film that was drawn blind was drawn from nothing."""
    found: dict[Work, list[float]] = {}
    for fix in [row["tools"] for row in rows] + [row["blind"] for row in rows if row["blind"]]:
        if fix["done"]:
            found.setdefault(_work(fix), []).append(_gestures(fix).seconds)
    return {kind: {"fixes": len(found[kind]), "seconds": fmean(found[kind])} for kind in WORKS if kind in found}


def _work(fix: Mapping[str, Any]) -> Work:
    if not fix["ended"]:
        return "reject"
    made = fix["made"] or {}
    taken: Work | None = "adopt" if made.get("adopted") else "slider" if made.get("threshold") else None
    kind = work_of("fix", not fix["began"], taken, made.get("touchedUp", False))
    assert kind is not None
    return kind


def _gestures(fix: Mapping[str, Any]) -> Gestures:
    return Gestures(fix["moves"], fix["gestures"], fix["points"], fix["stretches"], fix["drawn"] / CENTIMETRE)


def goals(summary: Mapping[str, Mapping[str, float]]) -> list[Goal]:
    every = summary["all"]
    return [
        Goal("gestures a fix, every tool ÷ brush and eraser, median", every["gestures ratio"], 0.2, least=False),
        Goal("fixes that reached Dice 0.9 with every tool, share", every["tools done"], 1),
    ]
