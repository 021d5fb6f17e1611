"""The gate before the next iteration, clause by clause, over recorded inputs (definitions: section 5, a–e).

(a) enough MEASURE reads, (b) a certified error or the finding is withheld, (c) no regression on HOLDOUT, (d) error
reinforcement not red, (e) no subgroup regresses beyond its δ. A change that was not measured does not pass; where no
item was wrong there is nothing to reinforce.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from backend.domain.estimates import further_clean_reads, stratified_upper_bound, upper_bound
from backend.domain.paired import FLIPS, margin_shown, units_needed
from backend.domain.trust import FOUND, Share

USABLE = 0.5  # Dice below which a fixed mask counts as unacceptable


@dataclass(frozen=True)
class FindingEvidence:
    """Per finding: decided units of the pool, MEASURE reads among them, how many of those were unacceptable, and of
    each stratum its size, reads and unacceptable reads (none: all units were equally likely to be read)."""

    finding: str
    population: int
    reads: int
    errors: int
    strata: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True)
class Change:
    """The lower bound of the change of the share of right labels from the last iteration to this one, on all of HOLDOUT
    (``subgroup`` None) or a site, sex or view of it, and the units and patients that it rests on."""

    finding: str
    low: float
    tolerance: float
    units: int
    patients: int
    subgroup: str | None = None


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

    The bound is over the worst way that errors can lie among the strata; where each unit was equally likely to be read
    it is Clopper and Pearson's.
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
    pooled = upper_bound(item.errors, item.reads, delta)
    bound = stratified_upper_bound(item.strata, delta) if item.strata else pooled
    passed = bound <= alpha
    sentence = (
        f"{item.finding}: {item.errors} of {item.reads} reads unacceptable, "
        f"error ≤ {bound:.1%} with {1 - delta:.0%} confidence (α = {alpha:.0%})."
    )
    if not passed:
        more = further_clean_reads(item.errors, item.reads, alpha * pooled / bound, delta)
        sentence += f" Withhold {item.finding}, or read on: {more} more clean reads would certify it."
    return Clause("certified-error", item.finding, passed, bound, alpha, sentence)


def no_regression(change: Change, delta: float) -> Clause:
    """Clauses (c) and (e): the lower bound of the change, at confidence 1 − δ, is above −tolerance.

    Where it is not, the sentence tells a fall that cannot be ruled out from a HOLDOUT that is too small: with so few
    patients a network that changed nothing would most likely not have passed either.
    """
    where = f"{change.finding}, {change.subgroup}" if change.subgroup else change.finding
    name = "subgroup-regression" if change.subgroup else "holdout-regression"
    passed = change.low > -change.tolerance
    sentence = (
        f"{where}: on {change.units} HOLDOUT units of {change.patients} patients the share of right labels changes by "
        f"at least {change.low:+.3f} with {1 - delta:.0%} confidence (must be above −{change.tolerance:.3f})."
    )
    if not passed:
        shown = margin_shown(change.patients, FLIPS, delta)
        if shown > change.tolerance:
            needed = units_needed(change.tolerance, FLIPS, delta)
            sentence += (
                f" HOLDOUT cannot show its margin: {change.patients} patients can show −{shown:.2f} when nothing has "
                f"changed, and {needed or 'too many'} are needed for −{change.tolerance:.2f}. Plan more HOLDOUT reads, "
                "or declare a margin that they can show."
            )
        else:
            sentence += " Keep the last network, or read more of HOLDOUT to narrow the bound."
    return Clause(name, change.finding, passed, change.low, -change.tolerance, sentence)


def no_reinforcement(finding: str, low: float | None, red_from: float) -> Clause:
    """Clause (d): error reinforcement is not red, red being a lower bound ``low`` of ``red_from`` or more; None before
    there is a wrong item to follow, which leaves nothing to be reinforced."""
    passed = low is None or low < red_from
    if low is None:
        sentence = f"{finding}: no wrong item was followed from the last iteration; nothing speaks of reinforcement."
    else:
        sentence = (
            f"{finding}: at least {low:.0%} of wrong masks come back in the same place (red from {red_from:.0%})."
        )
    if not passed:
        sentence += " Repair the wrong items, refresh the teacher and label anew."
    return Clause("error-reinforcement", finding, passed, low, red_from, sentence)


def not_judged(name: str, finding: str, limit: float, why: str, passed: bool = True) -> Clause:
    """Without a value: not applicable, or not measured yet (``passed`` false). ``why`` says what is missing."""
    return Clause(name, finding, passed, None, limit, f"{finding}: {why}")


def certified(finding: str, threshold: float | None, risk: float, alpha: float, told: str) -> Clause:
    """Clause (b) where thresholds are certified: a threshold at a risk of at most α, or this side adds nothing."""
    if threshold is None:
        return Clause("withheld", finding, True, None, alpha, told)
    passed = risk <= alpha
    more = "" if passed else f" The gate was declared at α = {alpha:.0%}: confirm thresholds at that risk."
    return Clause("certified-error", finding, passed, risk, alpha, told + more)


def with_clauses(verdict: GateVerdict, more: Sequence[Clause]) -> GateVerdict:
    """The verdict of (a) and (b) together with further clauses."""
    clauses = verdict.clauses + tuple(more)
    opened = all(clause.passed for clause in clauses)
    return GateVerdict(opened, verdict.alpha, verdict.delta, clauses, verdict.evidence)


def trusted_readers(detected: Share, red: bool) -> Clause:
    """Readers who let planted errors through certify nothing: fails where their light is ``red``. ``detected``: planted
    errors not let through, of all that this audit's readers met."""
    name, who, limit = "reader-trust", "all findings", FOUND
    if not detected.n:
        return not_judged(name, who, limit, "Not applicable: no planted error was read. Plan SENTINEL reads.")
    told = f"{who}: readers found {detected.hits} of {detected.n} planted errors"
    told += f" ({detected.low:.0%}–{detected.high:.0%} with 95% confidence)."
    if red:
        told += " What they accepted proves little: have others read it, or judge where two readers differ."
    return Clause(name, who, not red, detected.value, limit, told)
