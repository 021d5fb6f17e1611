"""Patients shared out among splits so that the patients of each finding are, too."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import compress
from math import floor


def split_at(place: float, shares: Mapping[str, float]) -> str:
    """The split at a place in [0, 1), where splits lie one behind the other, each as long as its share."""
    for split, share in shares.items():
        place -= share
        if place < 0:
            return split
    return max(shares, key=lambda split: shares[split])  # they add up to a little less than 1


def shared_out(
    declared: Mapping[str, frozenset[str]],
    shares: Mapping[str, float],
    number: Callable[[str], float],
    start: Callable[[str], float],
) -> dict[str, str]:
    """The split of each patient, by the findings that each is declared to have.

    Patients stand in a line: those with the same findings together, in the order of their random ``number``, and like
    beside like (``_place``). Each split in turn, the smallest first, takes its share of those that are left at equal
    distances along the line, from a random ``start`` in [0, 1) on; the largest takes the rest. So each patient's chance
    is the share itself, and of patients who stand together the smallest split takes its share rounded up or down, and
    each other one at most one patient more or less than that: of all, of those with the same findings, and of those
    with the rarest finding, with the next one, or with neither. The order in which patients are told does not count.
    """
    patients = Counter[str](finding for findings in declared.values() for finding in findings)
    rarest_first = sorted(patients, key=lambda finding: (patients[finding], finding))
    places = {findings: _place(findings, rarest_first) for findings in set(declared.values())}
    line = sorted(sorted(declared), key=number)
    line.sort(key=lambda patient: places[declared[patient]])
    *smaller, largest = sorted(shares, key=lambda split: (shares[split], split))
    found: dict[str, str] = {}
    rest = 1.0
    for split in smaller:
        before, rate = start(split), shares[split] / rest
        taken = [floor(before + (n + 1) * rate) > floor(before + n * rate) for n in range(len(line))]
        found |= dict.fromkeys(compress(line, taken), split)
        line = [patient for patient, gone in zip(line, taken, strict=True) if not gone]
        rest -= shares[split]
    return found | dict.fromkeys(line, largest)


def _place(findings: frozenset[str], rarest_first: Sequence[str]) -> int:
    """Where a set of findings stands in the reflected Gray code, in which neighbours differ by one finding: sets with
    the rarest finding stand side by side, so do those with the next one, and of the others as many as can."""
    place = 0
    for finding in rarest_first:
        place = 2 * place + ((finding in findings) ^ (place & 1))
    return place
