"""The legal moves of iterations and jobs, as data."""

from collections.abc import Mapping
from typing import TypeVar

from overread.domain.errors import Conflict
from overread.domain.words import JobState, Stage

Word = TypeVar("Word", bound=str)

STAGE_MOVES: Mapping[Stage, frozenset[Stage]] = {
    "planned": frozenset({"training", "cancelled", "failed"}),
    "training": frozenset({"labelling", "cancelled", "failed"}),
    "labelling": frozenset({"auditing", "cancelled", "failed"}),
    "auditing": frozenset({"closed"}),
    "closed": frozenset(),
    "failed": frozenset({"training", "labelling"}),
    "cancelled": frozenset({"training", "labelling"}),
}
JOB_MOVES: Mapping[JobState, frozenset[JobState]] = {
    "queued": frozenset({"running", "cancelled"}),
    "running": frozenset({"queued", "done", "failed", "cancelled"}),
    "done": frozenset(),
    "failed": frozenset({"queued"}),
    "cancelled": frozenset({"queued"}),
}
# Stages in which nothing is left to watch; an auditing iteration still changes, by reads.
FINAL_STAGES = frozenset({"closed", "failed", "cancelled"})


def check_move(moves: Mapping[Word, frozenset[Word]], before: Word, after: Word) -> None:
    """Raise Conflict unless the table knows this move."""
    if after not in moves[before]:
        raise Conflict(f"What is {before} cannot become {after}.")
