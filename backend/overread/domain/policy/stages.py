"""The legal moves of iterations and jobs, as data."""

from collections.abc import Mapping

from overread.domain.errors import Conflict

Moves = Mapping[str, frozenset[str]]

STAGE_MOVES: Moves = {
    "planned": frozenset({"training", "cancelled", "failed"}),
    "training": frozenset({"labelling", "cancelled", "failed"}),
    "labelling": frozenset({"auditing", "cancelled", "failed"}),
    "auditing": frozenset({"closed"}),
    "closed": frozenset(),
    "failed": frozenset({"training", "labelling"}),
    "cancelled": frozenset({"training", "labelling"}),
}
JOB_MOVES: Moves = {
    "queued": frozenset({"running", "cancelled"}),
    "running": frozenset({"queued", "done", "failed", "cancelled"}),
    "done": frozenset(),
    "failed": frozenset({"queued"}),
    "cancelled": frozenset({"queued"}),
}
# Stages in which nothing is left to watch; an auditing iteration still changes, by reads.
FINAL_STAGES = frozenset({"closed", "failed", "cancelled"})


def check_move(moves: Moves, before: str, after: str) -> None:
    """Raise Conflict unless the table knows this move."""
    if after not in moves[before]:
        raise Conflict(f"What is {before} cannot become {after}.")
