"""What the gate's clauses say of changes and of readers: conditions as sentences (definitions: section 5, c–e)."""

from dataclasses import dataclass

from overread.domain.readers.detection import DOUBT, MISS, Detection, finds_enough, further_plants
from overread.domain.sampling.paired import FLIPS, margin_shown, units_needed
from overread.domain.words import ClauseName, Extended


@dataclass(frozen=True)
class Clause:
    """One condition of the gate, of all findings together where ``finding`` is None; ``sentence`` says what was found,
    and what would satisfy a failing one; ``more`` how many further items of which ``stream`` that takes, where a number
    can be named."""

    name: ClauseName
    finding: str | None
    passed: bool
    value: float | None
    limit: float
    sentence: str
    more: int | None = None
    stream: Extended | None = None


@dataclass(frozen=True)
class Change:
    """The lower bound of the change of the share of right labels from the last iteration to this one, of a finding or
    of all together (``finding`` None), on all of HOLDOUT (``subgroup`` None) or a site, sex or view of it, and the
    units and patients that it rests on; ``more`` patients are likely to show that it did not fall so far, None where no
    number is."""

    finding: str | None
    low: float
    tolerance: float
    units: int
    patients: int
    subgroup: str | None = None
    more: int | None = None


def named(finding: str | None) -> str:
    """What a clause's sentence calls its finding."""
    return "all findings" if finding is None else finding


def not_judged(name: ClauseName, finding: str | None, limit: float, why: str, passed: bool = True) -> Clause:
    """Without a value: not applicable, or not measured yet (``passed`` false). ``why`` says what is missing."""
    return Clause(name, finding, passed, None, limit, f"{named(finding)}: {why}")


def no_regression(change: Change, delta: float) -> Clause:
    """Clauses (c) and (e): the lower bound of the change, at confidence 1 − δ, is above −tolerance.

    Where it is not, the sentence tells a fall that cannot be ruled out from a HOLDOUT that is too small: with so few
    patients a network that changed nothing would most likely not have passed either.
    """
    where = f"{named(change.finding)}, {change.subgroup}" if change.subgroup else named(change.finding)
    name: ClauseName = "subgroup-regression" if change.subgroup else "holdout-regression"
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
                f"changed, and {needed or 'too many'} are needed for −{change.tolerance:.2f}."
            )
        if change.subgroup:
            sentence += SUBGROUP
        else:
            sentence += HOLDOUT_MORE.format(change.more) if change.more else HOLDOUT_NONE
    more = None if passed else change.more
    stream: Extended | None = "HOLDOUT" if more else None
    return Clause(name, change.finding, passed, change.low, -change.tolerance, sentence, more, stream)


HOLDOUT_MORE = " Have {} more patients of HOLDOUT read: in nine cases of ten that shows it, if things are as they look."
HOLDOUT_NONE = (
    " No further HOLDOUT patients that can be had are likely to show it: keep the last network, or override by name."
)
SUBGROUP = " Keep the last network, or override by name; more HOLDOUT patients may be of this group or not."


def no_reinforcement(finding: str | None, low: float | None, red_from: float) -> Clause:
    """Clause (d): error reinforcement is not red, red being a lower bound ``low`` of ``red_from`` or more; None before
    there is a wrong item to follow, which leaves nothing to be reinforced."""
    passed, where = low is None or low < red_from, named(finding)
    if low is None:
        sentence = f"{where}: no wrong item was followed from the last iteration; nothing speaks of reinforcement."
    else:
        sentence = f"{where}: at least {low:.0%} of wrong masks come back in the same place (red from {red_from:.0%})."
    if not passed:
        sentence += " Repair the wrong items, refresh the teacher and label anew."
    return Clause("error-reinforcement", finding, passed, low, red_from, sentence)


def trusted_readers(detected: Detection) -> Clause:
    """Readers who let planted errors through certify nothing: passes where it is refuted that they miss a third."""
    name: ClauseName = "reader-trust"
    limit, found = 1 - MISS, detected.found
    if not detected.planned:
        why = "Not applicable: no planted error was planned, so nobody checked whether readers see wrong masks."
        return not_judged(name, None, limit, why)
    passed = finds_enough(detected)
    sentence = f"{named(None)}: readers found {found.hits} of {found.n} planted errors"
    sentence += f" ({found.low:.0%}–{found.high:.0%} with 95% confidence)."
    if passed:
        return Clause(name, None, True, found.value, limit, sentence)
    if detected.unread:
        sentence += f" {detected.unread} are not read yet."
        return Clause(name, None, False, found.value, limit, sentence)
    if detected.least < limit - 1e-9:
        sentence += (
            f" One of them found {detected.least:.0%} of theirs: others cannot speak for what that one accepted."
        )
        sentence += " Have others read the next audit."
        return Clause(name, None, False, found.value, limit, sentence)
    sentence += f" This does not refute, at {DOUBT:.0%}, that they miss a third: what they accepted proves little."
    more = further_plants(detected)
    sentence += f" {more} more are likely to show that they find enough." if more else " Have others read it."
    return Clause(name, None, False, found.value, limit, sentence, more, "SENTINEL" if more else None)
