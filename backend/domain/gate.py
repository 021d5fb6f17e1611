"""The gate, first form: enough MEASURE reads, and a certified error, per finding (definitions: section 5, a and b)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from backend.domain.estimates import further_clean_reads, upper_bound

USABLE = 0.5  # Dice below which a fixed mask counts as unacceptable


@dataclass(frozen=True)
class FindingEvidence:
    """Per finding: decided units of the pool, MEASURE reads among them, and how many of those were unacceptable."""

    finding: str
    population: int
    reads: int
    errors: int


@dataclass(frozen=True)
class Clause:
    """One condition of the gate; ``sentence`` says what was found, and what would satisfy a failing one."""

    name: str
    finding: str
    passed: bool
    value: float | None
    limit: float
    sentence: str


@dataclass(frozen=True)
class GateVerdict:
    """Open when every clause passed. The evidence it rests on is kept with it."""

    open: bool
    alpha: float
    delta: float
    clauses: tuple[Clause, ...]
    evidence: tuple[FindingEvidence, ...]


def unacceptable(decision: str, verdict: str, dice: float | None) -> bool:
    """Whether a read says that this pseudo label must not be trained on.

    ``dice`` is pseudo against human mask, None when both are empty or the reader cannot tell. "Cannot tell" counts as
    bad: the safe side. A negative label is bad when a lesion was drawn, a positive one when there is none or the mask
    is below USABLE.
    """
    if verdict == "cannot_tell":
        return True
    if verdict == "accept" or dice is None:
        return False
    return dice < USABLE if decision == "positive" else True


def evaluate(
    evidence: Sequence[FindingEvidence], alpha: float, delta: float, min_reads: int, withheld: Collection[str] = ()
) -> GateVerdict:
    """Judge every finding that would enter the next training set.

    The bound pools the strata of a proportional draw, where each unit has the same inclusion probability: the count of
    errors then varies no more than a binomial one, so the Clopper–Pearson bound stays valid (Hoeffding, 1956).
    """
    clauses: list[Clause] = []
    for item in evidence:
        if item.finding in withheld or item.population == 0:
            why = "is withheld" if item.finding in withheld else "has no decided pseudo label"
            sentence = f"{item.finding} {why} and adds nothing to the next training set."
            clauses.append(Clause("withheld", item.finding, True, None, alpha, sentence))
            continue
        clauses += [_enough_reads(item, min_reads), _certified_error(item, alpha, delta)]
    return GateVerdict(all(clause.passed for clause in clauses), alpha, delta, tuple(clauses), tuple(evidence))


def _enough_reads(item: FindingEvidence, min_reads: int) -> Clause:
    needed = min(min_reads, item.population)
    passed = item.reads >= needed
    sentence = f"{item.finding}: {item.reads} MEASURE reads, {needed} asked for."
    if not passed:
        sentence += f" Read {needed - item.reads} more."
    return Clause("enough-reads", item.finding, passed, item.reads, needed, sentence)


def _certified_error(item: FindingEvidence, alpha: float, delta: float) -> Clause:
    bound = upper_bound(item.errors, item.reads, delta)
    passed = bound <= alpha
    sentence = (
        f"{item.finding}: {item.errors} of {item.reads} reads unacceptable, "
        f"error ≤ {bound:.1%} with {1 - delta:.0%} confidence (α = {alpha:.0%})."
    )
    if not passed:
        more = further_clean_reads(item.errors, item.reads, alpha, delta)
        sentence += f" Withhold {item.finding}, or read on: {more} more clean reads would certify it."
    return Clause("certified-error", item.finding, passed, bound, alpha, sentence)
