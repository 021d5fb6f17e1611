"""What a person asks for when an iteration is launched; refused in a sentence before anything is read or written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

from overread.domain.errors import InvalidInput
from overread.domain.learning.recipe import Recipe
from overread.domain.policy.certify import LEAST_RISK
from overread.domain.sampling.streams import MOST_READS, POSITIVES, SHARES, Design
from overread.domain.words import Errors, Family, Thresholds


@dataclass(frozen=True)
class Launch:
    """What a person asks for. ``recipes``: one a network, by name or as plain values where nobody has read it yet.
    ``refresh``: teachers anew, from truth and reads without any pseudo label, and the pool labelled again.
    ``thresholds``: hand (the study's, the default), certified, or weighted below the certificate.

    The audit's reads: ``measure`` a finding (in the mean), ``fix``, ``sentinel``, ``holdout`` in all, or reader-
    ``minutes`` at ``seconds_per_read``, shared out in percent; beyond them as many of a finding's ``positives`` as are
    short. ``keep_out``: share of wrong items never trained on;
    ``second``: share of films that a second reader reads. The gate is declared here too: ``errors``
    bounded as readers called them, or as they are; ``family``: whether ``delta`` is the doubt of a finding and audit or
    of all of the project's; ``red_line`` of error
    reinforcement, and how far the share of right labels may fall on followed items (``holdout_margin``) and in a
    subgroup of them."""

    recipes: Sequence[Recipe | str | Mapping[str, Any]]
    seed: int = 0
    alpha: float = 0.1
    delta: float = 0.05
    errors: Errors = "called"
    family: Family = "finding"
    min_reads: int = 29
    measure: int = 40
    fix: int = 40
    sentinel: int = 40
    holdout: int = 40
    positives: int = POSITIVES
    minutes: float | None = None
    seconds_per_read: float = 30.0
    shares: Sequence[int] = SHARES
    keep_out: float = 0.3
    second: float = 0.1
    withhold: list[str] = field(default_factory=list)
    override: str | None = None
    refresh: bool = False
    thresholds: Thresholds = "hand"
    red_line: float = 0.5
    holdout_margin: float = 0.15
    subgroup_margin: float = 0.25

    def __post_init__(self) -> None:
        if not self.recipes:
            raise InvalidInput("Name at least one recipe. `overread recipes` lists those there are.")
        if not all(LEAST_RISK <= risk <= 1 - LEAST_RISK for risk in (self.alpha, self.delta)):
            raise InvalidInput(f"alpha and delta are shares between 0 and 1, no nearer to either than {LEAST_RISK:g}.")
        if not 0 <= self.min_reads <= MOST_READS or not (0 <= self.keep_out <= 1 and 0 <= self.second <= 1):
            raise InvalidInput("min_reads is a number of reads; keep_out and second are shares, 0 to 1.")
        Design(self.fix, self.measure, self.sentinel, self.holdout, self.positives)
        Design.of_minutes(self.minutes or 0, self.seconds_per_read, self.positives, self.shares)
        if self.errors not in get_args(Errors) or self.family not in get_args(Family):
            raise InvalidInput('errors is "called" or "true"; family is "finding" or "project".')
        if self.thresholds not in get_args(Thresholds):
            raise InvalidInput(f"thresholds is one of {', '.join(get_args(Thresholds))}.")
        if not all(0 < share <= 1 for share in (self.red_line, self.holdout_margin, self.subgroup_margin)):
            raise InvalidInput("red_line, holdout_margin and subgroup_margin are shares above 0, at most 1.")
