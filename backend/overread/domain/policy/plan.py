"""What is declared when an iteration is launched, and kept with it: its audit's reads, its gate, its recipes.

The defaults of every launch stand here alone: the API, the command line and the launch form take them from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import get_args

from overread.domain.errors import InvalidInput
from overread.domain.learning.recipe import Recipe
from overread.domain.sampling.streams import MOST_READS, POSITIVES, SHARES, Design
from overread.domain.words import FIX_BY, TEACHES, Errors, Family, FixBy, Task, Teaches, Thresholds

LEAST_RISK = 1e-6  # α and δ are no nearer to 0 and 1: no audit has reads for less


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What a person declares before anybody reads. Raises InvalidInput where it cannot be meant.

    ``refresh``: teachers anew, from truth and reads without any pseudo label, and the pool labelled again.
    ``thresholds``: hand (the study's, the default), certified, or weighted below the certificate; ``withhold`` names
    findings that add no pseudo label, ``override`` the reason to go through a shut gate.

    ``teaches``: what this iteration's labels may teach the next one unread: all, or the contour of positives alone, of
    which audit and gate then speak.

    The audit's reads: ``measure`` a finding (in the mean), ``fix``, ``sentinel``, ``holdout`` in all, or reader-
    ``minutes`` at ``seconds_per_read``, shared out in percent; beyond them as many of a finding's ``positives`` as are
    short. ``fix_by``: FIX reads the rest of the films that are looked at anyway (film), or the riskiest labels (risk).
    ``keep_out``: share of wrong items never trained on; ``second``: share of films that a second reader reads.

    The gate: at most a share ``alpha`` of labels is wrong, with confidence 1 − ``delta``; ``errors`` bounded as readers
    called them, or as they are; ``family``: whether ``delta`` is the doubt of a finding and audit or of all of the
    project's; ``min_reads`` a finding; ``red_line`` of error reinforcement, and how far the share of right labels may
    fall on followed items (``holdout_margin``) and in a subgroup of them.
    """

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
    shares: tuple[int, ...] = SHARES
    keep_out: float = 0.3
    second: float = 0.1
    withhold: tuple[str, ...] = ()
    override: str | None = None
    refresh: bool = False
    thresholds: Thresholds = "hand"
    teaches: Teaches = TEACHES
    fix_by: FixBy = FIX_BY
    red_line: float = 0.5
    holdout_margin: float = 0.15
    subgroup_margin: float = 0.25

    def __post_init__(self) -> None:
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
        if self.teaches not in get_args(Teaches):
            raise InvalidInput('teaches is "all" or "contour".')
        if self.fix_by not in get_args(FixBy):
            raise InvalidInput('fix_by is "film" or "risk".')
        if self.fix_by == "film" and self.fix and self.minutes is None and not (self.measure or self.sentinel):
            raise InvalidInput(
                "FIX reads the rest of the films that MEASURE and SENTINEL look at, and here they look at none: give "
                "them reads, or declare fix_by risk."
            )
        if (self.teaches, self.errors) == ("contour", "true"):
            raise InvalidInput(
                "Planted errors are mostly false lesions, which says little of how many wrong contours readers find: "
                'declare errors "called" where labels teach the contour alone.'
            )
        if not all(0 < share <= 1 for share in (self.red_line, self.holdout_margin, self.subgroup_margin)):
            raise InvalidInput("red_line, holdout_margin and subgroup_margin are shares above 0, at most 1.")

    def design(self, findings: int) -> Design:
        """The budgets of the streams: reader-minutes shared out where they are given, else the counts of reads."""
        if self.minutes is not None:
            told = Design.of_minutes(self.minutes, self.seconds_per_read, self.positives, self.shares)
            return replace(told, teaches=self.teaches, fix_by=self.fix_by)
        measure = self.measure * findings
        budgets = (self.fix, measure, self.sentinel, self.holdout, self.positives)
        return Design(*budgets, teaches=self.teaches, fix_by=self.fix_by)


@dataclass(frozen=True, kw_only=True)
class Plan(Declaration):
    """A declaration with its ``recipes``, one a network; frozen with the iteration. ``undeclared``: terms that did not
    exist yet when it was declared, so that it says nothing of the next one's."""

    recipes: tuple[Recipe, ...]
    undeclared: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.recipes:
            raise InvalidInput("Name at least one recipe. `overread recipes` lists those there are.")


DEFAULT = Declaration()
_ONCE = ("minutes", "withhold", "override", "refresh", "thresholds")  # meant for one launch alone


def declared_next(last: Plan | None) -> Declaration:
    """What the launch after this one declares where nobody says otherwise: the same audit and gate, so that it promises
    no less unsaid; what was meant for one launch alone (withheld findings, an override, a refresh, thresholds, reader-
    minutes) is as by default."""
    if last is None:
        return DEFAULT
    anew = {*_ONCE, *last.undeclared}
    lasting = {own.name: getattr(last, own.name) for own in fields(Declaration) if own.name not in anew}
    return Declaration(**lasting)


@dataclass(frozen=True)
class AuditDesign(Design):
    """What an audit is drawn from, beside its seed: the budgets as a launch declared them, in reads; ``tasks``, percent
    of SENTINEL a task; the share of films that a ``second`` reader reads; and the random ``nonce`` of the seed, None
    where an older version drew."""

    tasks: Mapping[Task, int] = field(default_factory=dict)
    second: float = 0.0
    nonce: int | None = None

    @classmethod
    def of(cls, budgets: Design, tasks: Mapping[Task, int], second: float, nonce: int) -> "AuditDesign":
        """These budgets with what is settled beside them, drawn by film."""
        return cls(**vars(budgets) | {"by_film": True}, tasks=dict(tasks), second=second, nonce=nonce)
