"""The gate before the next iteration, clause by clause, over recorded inputs (definitions: section 5, a–e).

(a) enough MEASURE reads, (b) a certified error or the finding is withheld, (c) no regression on HOLDOUT, (d) error
reinforcement not red, (e) no subgroup regresses beyond its δ. A change that was not measured does not pass; where no
item was wrong there is nothing to reinforce.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from overread.domain.errors import InvalidInput
from overread.domain.policy.clauses import Clause, not_judged
from overread.domain.sampling.sequential import Question, further_reads, refuted, upper_share
from overread.domain.sampling.shares import Share, lower_limit
from overread.domain.words import ClauseName, Errors, Family, Teaches, Thresholds

USABLE = 0.5  # Dice below which a fixed mask counts as unacceptable


DOUBT_OF_DETECTION = 0.2  # the part of δ that the limit of what readers find may use up


@dataclass(frozen=True)
class FindingEvidence:
    """Per finding: ``population`` labels that nobody had read when the audit was drawn and that would teach, and of the
    gate's sample a mark a label in the drawn order: 0 right, 1 wrong, ? cannot tell, . not read yet. ``softened``: how
    many of them were wrong by the same reader's word before they were right. ``left``: how many more the sample can
    grow by; None where nobody counted."""

    finding: str
    population: int
    marks: str = ""
    softened: int = 0
    left: int | None = None

    @property
    def reads(self) -> int:
        """Labels of the sample that somebody read."""
        return len(self.marks) - self.marks.count(".")

    @property
    def errors(self) -> int:
        """Those that are wrong or could not be told."""
        return self.marks.count("1") + self.marks.count("?")

    def within_reach(self, more: int) -> int | None:
        """So many more reads, None where the sample cannot grow by as many."""
        return more if self.left is None or more <= self.left else None

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """As the test takes them, (n,): whatever is not known to be right is wrong; the unread end is left out."""
        return np.array([mark != "0" for mark in self.marks.rstrip(".")], bool)


@dataclass(frozen=True)
class Promise:
    """What the gate was declared to promise of each finding: error ≤ α at doubt δ, of what ``errors`` says.

    ``detected``: planted errors that readers found, of all they met; what "true" errors rest on. ``teaches``: what the
    labels may teach, and so which they are.
    """

    alpha: float
    delta: float
    errors: Errors = "called"
    detected: Share | None = None
    teaches: Teaches = "all"

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
class GateVerdict:
    """Open when every clause passed. The evidence it rests on is kept with it."""

    open: bool
    alpha: float
    delta: float
    clauses: tuple[Clause, ...]
    evidence: tuple[FindingEvidence, ...]


@dataclass(frozen=True)
class Override:
    """A named person opens a shut gate, with a reason that stays on every later report."""

    account_id: int
    reason: str

    @classmethod
    def of(cls, reason: str | None, account_id: int | None) -> "Override | None":
        """None without a reason; raises InvalidInput for a blank one, or when nobody is named."""
        if reason is None:
            return None
        if not reason.strip() or account_id is None:
            raise InvalidInput("An override needs a signed-in person and a reason in words.")
        return cls(account_id, reason.strip())


@dataclass(frozen=True)
class Judgement(GateVerdict):
    """A verdict with what was asked: of which iteration's labels, with which findings withheld (None: those of the
    plan), for labels that enter by which thresholds; and the override that opened it all the same."""

    iteration: int
    labelling: int | None
    withheld: tuple[str, ...] | None = None
    thresholds: Thresholds = "hand"
    override: Override | None = None

    @property
    def failing(self) -> tuple[Clause, ...]:
        """The clauses that shut it."""
        return tuple(clause for clause in self.clauses if not clause.passed)


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
            nothing = f"has no {KIND[promise.teaches]} pseudo label that nobody has read"
            why = "is withheld" if item.finding in withheld else nothing
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
    more = item.within_reach(max(0, needed - len(item.marks))) or None
    return Clause("enough-reads", item.finding, passed, item.reads, needed, sentence, more, "MEASURE" if more else None)


def _certified_error(item: FindingEvidence, promise: Promise) -> Clause:
    question = promise.question(item.population)
    name: ClauseName = "certified-error"
    if question is None:
        why = "the true error was promised, and no planted error was found yet that tells how many readers find."
        return not_judged(name, item.finding, promise.alpha, why, passed=False)
    passed = refuted(question, item.wrong)
    scale = promise.alpha / question.alpha
    bound = min(1.0, scale * upper_share(item.population, question.delta, item.wrong))
    sentence = (
        f"{item.finding}: {item.errors} of {item.reads} reads unacceptable. Of {item.population} "
        f"{LABELS[promise.teaches]} that nobody had read, {WHAT[promise.errors]} is at most {bound:.1%} with "
        f"{_percent(1 - promise.delta)} confidence, for this finding and this audit (α = {promise.alpha:.0%})."
    )
    if item.softened:
        sentence += f" {item.softened} of these reads were first saved as wrong, or not to be told, and then as right."
    if passed:
        return Clause(name, item.finding, True, bound, promise.alpha, sentence)
    sentence += _advice(item, question)
    more = _more(item, question)
    return Clause(name, item.finding, False, bound, promise.alpha, sentence, more, "MEASURE" if more else None)


def doubt_of(delta: float, family: Family, findings: int, attempts: int) -> float:
    """The doubt of one finding in one audit. By finding: δ itself. By project: δ is a budget for all its findings and
    launches that declare it so, spent as δ/F · 1/((t + 1)(t + 2)) on the audit after ``attempts`` t others; over all t
    this adds up to δ, and each audit may be judged as often as one likes (alpha spending; a union bound)."""
    return delta if family == "finding" else delta / findings / ((attempts + 1) * (attempts + 2))


WHAT: dict[Errors, str] = {
    "called": "the share that readers called wrong, mask shown,",
    "true": "the share that is wrong, by what readers find of planted errors,",
}


KIND: dict[Teaches, str] = {"all": "decided", "contour": "positive"}
LABELS: dict[Teaches, str] = {"all": "labels", "contour": "positive masks"}


def _percent(share: float) -> str:
    """95%, 99.75%: as many digits as there are."""
    return f"{100 * share:.6g}%"


def _more(item: FindingEvidence, question: Question) -> int | None:
    """Reads to draw beyond the sample; those that are drawn and not read yet come first. None where there are not so
    many, or no number is likely to do."""
    needed = further_reads(question, item.wrong)
    if needed is None:
        return None
    more = max(0, needed - (len(item.marks) - len(item.wrong)))
    return item.within_reach(more)


def _advice(item: FindingEvidence, question: Question) -> str:
    unread, more = item.marks.count("."), _more(item, question)
    if unread:
        return f" {unread} of its reads are still to be made, and count as wrong until then."
    if more is None:
        sentence = " By what was read, no number of further reads that can be had is likely to change that"
        return f"{sentence}: withhold {item.finding}, or repair and label anew."
    return f" Withhold {item.finding}, or have {more} more read: that opens it in nine cases of ten."


def certified(
    finding: str, threshold: float | None, at: tuple[float, float], declared: GateVerdict, sentence: str
) -> Clause:
    """Clause (b) where thresholds are certified ``at`` (α, δ): a threshold at a risk and a doubt of at most those
    declared, or this side adds nothing."""
    alpha, delta = declared.alpha, declared.delta
    if threshold is None:
        return Clause("withheld", finding, True, None, alpha, sentence)
    passed = at[0] <= alpha and at[1] <= delta * (1 + 1e-9)
    if not passed:
        sentence += (
            f" The gate was declared at α = {alpha:.0%} with {_percent(1 - delta)} confidence: confirm at those."
        )
    return Clause("certified-error", finding, passed, at[0], alpha, sentence)


def with_clauses(verdict: GateVerdict, more: Sequence[Clause]) -> GateVerdict:
    """The verdict of (a) and (b) together with further clauses."""
    clauses = verdict.clauses + tuple(more)
    opened = all(clause.passed for clause in clauses)
    return GateVerdict(opened, verdict.alpha, verdict.delta, clauses, verdict.evidence)
