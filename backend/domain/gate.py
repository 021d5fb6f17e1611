"""The gate before the next iteration, clause by clause, over recorded inputs (definitions: section 5, a–e).

(a) enough MEASURE reads, (b) a certified error or the finding is withheld, (c) no regression on HOLDOUT, (d) error
reinforcement not red, (e) no subgroup regresses beyond its δ. A change that was not measured does not pass; where no
item was wrong there is nothing to reinforce.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from backend.domain.paired import FLIPS, margin_shown, units_needed
from backend.domain.sequential import Question, further_reads, refuted, upper_share
from backend.domain.trust import MISS, TRUST_DOUBT, Share, lower_limit, refutes_missing

USABLE = 0.5  # Dice below which a fixed mask counts as unacceptable


Errors = Literal["called", "true"]  # what clause (b) bounds: what readers called wrong, or what is
Family = Literal["finding", "project"]  # what δ is the doubt of: a finding in an audit, or all of a project's
DOUBT_OF_DETECTION = 0.2  # the part of δ that the limit of what readers find may use up


@dataclass(frozen=True)
class FindingEvidence:
    """Per finding: ``population`` labels that nobody had read when the audit was drawn and that would teach, and of the
    gate's sample a mark a label in the drawn order: 0 right, 1 wrong, ? cannot tell, . not read yet."""

    finding: str
    population: int
    marks: str = ""

    @property
    def reads(self) -> int:
        """Labels of the sample that somebody read."""
        return len(self.marks) - self.marks.count(".")

    @property
    def errors(self) -> int:
        """Those that are wrong or could not be told."""
        return self.marks.count("1") + self.marks.count("?")

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """As the test takes them, (n,): whatever is not known to be right is wrong; the unread end is left out."""
        return np.array([mark != "0" for mark in self.marks.rstrip(".")], bool)


@dataclass(frozen=True)
class Promise:
    """What the gate was declared to promise of each finding: error ≤ α at doubt δ, of what ``errors`` says.

    ``detected``: planted errors that readers found, of all they met; what "true" errors rest on.
    """

    alpha: float
    delta: float
    errors: Errors = "called"
    detected: Share | None = None

    def question(self, population: int) -> Question | None:
        """The test of a finding with so many labels. Of true errors: were α of the labels wrong, readers would call at
        least α·s wrong, s the share of wrong masks that they find (Rogan and Gladen, 1978, with no right mask called
        wrong: the safe side); its lower limit takes DOUBT_OF_DETECTION of δ. None where readers found nothing yet."""
        if self.errors == "called":
            return Question(population, self.alpha, self.delta)
        found = lower_limit(self.detected, DOUBT_OF_DETECTION * self.delta) if self.detected is not None else 0.0
        if found <= 0:
            return None
        return Question(population, self.alpha * found, (1 - DOUBT_OF_DETECTION) * self.delta)


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
    """One condition of the gate; ``sentence`` says what was found, and what would satisfy a failing one; ``more`` how
    many further reads that takes, where a number can be named."""

    name: str
    finding: str
    passed: bool
    value: float | None
    limit: float
    sentence: str
    more: int | None = None


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
    evidence: Sequence[FindingEvidence], promise: Promise, min_reads: int, withheld: Collection[str] = ()
) -> GateVerdict:
    """Judge every finding that would enter the next training set, by the labels that nobody had read."""
    clauses: list[Clause] = []
    for item in evidence:
        if item.finding in withheld or item.population == 0:
            why = "is withheld" if item.finding in withheld else "has no decided pseudo label that nobody has read"
            sentence = f"{item.finding} {why} and adds nothing to the next training set."
            clauses.append(Clause("withheld", item.finding, True, None, promise.alpha, sentence))
            continue
        clauses += [_enough_reads(item, min_reads), _certified_error(item, promise)]
    opened = all(clause.passed for clause in clauses)
    return GateVerdict(opened, promise.alpha, promise.delta, tuple(clauses), tuple(evidence))


def _enough_reads(item: FindingEvidence, min_reads: int) -> Clause:
    needed = min(min_reads, item.population)
    passed = item.reads >= needed
    sentence = f"{item.finding}: {item.reads} MEASURE reads, {needed} asked for."
    if not passed:
        sentence += f" Read {needed - item.reads} more."
    return Clause("enough-reads", item.finding, passed, item.reads, needed, sentence)


def _certified_error(item: FindingEvidence, promise: Promise) -> Clause:
    question, name = promise.question(item.population), "certified-error"
    if question is None:
        why = "the true error was promised, and no planted error was found yet that tells how many readers find."
        return not_judged(name, item.finding, promise.alpha, why, passed=False)
    passed = refuted(question, item.wrong)
    scale = promise.alpha / question.alpha
    bound = min(1.0, scale * upper_share(item.population, question.delta, item.wrong))
    sentence = (
        f"{item.finding}: {item.errors} of {item.reads} reads unacceptable. Of {item.population} labels that nobody "
        f"had read, {WHAT[promise.errors]} is at most {bound:.1%} with {_percent(1 - promise.delta)} confidence, for "
        f"this finding and this audit (α = {promise.alpha:.0%})."
    )
    if passed:
        return Clause(name, item.finding, True, bound, promise.alpha, sentence)
    sentence += _advice(item, question)
    return Clause(name, item.finding, False, bound, promise.alpha, sentence, _more(item, question))


def doubt_of(delta: float, family: Family, findings: int, attempts: int) -> float:
    """The doubt of one finding in one audit. By finding: δ itself. By project: δ is a budget for all its findings and
    launches together, spent as δ/F · 1/((t + 1)(t + 2)) on the audit after ``attempts`` t others; over all t this adds
    up to δ, and each audit may be judged as often as one likes (alpha spending; a union bound)."""
    return delta if family == "finding" else delta / findings / ((attempts + 1) * (attempts + 2))


WHAT: dict[Errors, str] = {
    "called": "the share that readers called wrong, mask shown,",
    "true": "the share that is wrong, by what readers find of planted errors,",
}


def _percent(share: float) -> str:
    """95%, 99.75%: as many digits as there are."""
    return f"{100 * share:.6g}%"


def _more(item: FindingEvidence, question: Question) -> int | None:
    """Reads to draw beyond the sample; those that are drawn and not read yet come first."""
    needed = further_reads(question, item.wrong)
    unread = len(item.marks) - len(item.wrong)
    return None if needed is None else max(0, needed - unread)


def _advice(item: FindingEvidence, question: Question) -> str:
    unread, more = item.marks.count("."), _more(item, question)
    if unread:
        return f" {unread} of its reads are still to be made, and count as wrong until then."
    if more is None:
        told = " By what was read, no number of further reads is likely to change that"
        return f"{told}: withhold {item.finding}, or repair and label anew."
    return f" Withhold {item.finding}, or have {more} more read: that opens it in nine cases of ten."


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


def certified(
    finding: str, threshold: float | None, at: tuple[float, float], declared: GateVerdict, told: str
) -> Clause:
    """Clause (b) where thresholds are certified ``at`` (α, δ): a threshold at a risk and a doubt of at most those
    declared, or this side adds nothing."""
    alpha, delta = declared.alpha, declared.delta
    if threshold is None:
        return Clause("withheld", finding, True, None, alpha, told)
    passed = at[0] <= alpha and at[1] <= delta * (1 + 1e-9)
    if not passed:
        told += f" The gate was declared at α = {alpha:.0%} with {_percent(1 - delta)} confidence: confirm at those."
    return Clause("certified-error", finding, passed, at[0], alpha, told)


def with_clauses(verdict: GateVerdict, more: Sequence[Clause]) -> GateVerdict:
    """The verdict of (a) and (b) together with further clauses."""
    clauses = verdict.clauses + tuple(more)
    opened = all(clause.passed for clause in clauses)
    return GateVerdict(opened, verdict.alpha, verdict.delta, clauses, verdict.evidence)


def trusted_readers(detected: Share, planned: int) -> Clause:
    """Readers who let planted errors through certify nothing: passes where it is refuted that they miss a third.

    ``detected``: planted errors not let through, of all that this audit's readers met; ``planned``: plants it has.
    """
    name, who, limit = "reader-trust", "all findings", 1 - MISS
    if not planned:
        why = "Not applicable: no planted error was planned, so nobody checked whether readers see wrong masks."
        return not_judged(name, who, limit, why)
    passed = refutes_missing(detected)
    told = f"{who}: readers found {detected.hits} of {detected.n} planted errors"
    told += f" ({detected.low:.0%}–{detected.high:.0%} with 95% confidence)."
    if passed:
        return Clause(name, who, True, detected.value, limit, told)
    if detected.n < planned:
        told += f" {planned - detected.n} are not read yet."
    told += f" Readers who miss a third would find as many with a probability above {TRUST_DOUBT:.0%}"
    told += ": what they accepted proves little. Plan more SENTINEL reads, or have others read it."
    return Clause(name, who, False, detected.value, limit, told)
