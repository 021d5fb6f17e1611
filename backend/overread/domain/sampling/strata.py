"""Patients shared out among splits so that the patients of each finding are, too."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping


def split_at(place: float, shares: Mapping[str, float]) -> str:
    """The split at a place in [0, 1), where splits lie one behind the other, each as long as its share."""
    for split, share in shares.items():
        place -= share
        if place < 0:
            return split
    return max(shares, key=lambda split: shares[split])  # they add up to a little less than 1


def shared_out(
    declared: Mapping[str, frozenset[str]], shares: Mapping[str, float], number: Callable[[str], float], start: float
) -> dict[str, str]:
    """The split of each patient, by the findings that each is declared to have.

    Each belongs to the stratum of the rarest of its findings, or of none. A stratum is drawn systematically: its
    patients stand at equal distances in [0, 1), in the order of their random ``number``, the first of them at a random
    ``start`` in [0, 1). So each split gets its share of the stratum, rounded up or down, each patient's chance is the
    share itself, and the patients' order does not count. The next stratum starts where the last split's rounding
    left off: what is rounded down in one is made up for in the next, and all together are shared out as evenly.
    """
    patients = Counter[str](finding for findings in declared.values() for finding in findings)
    stratum_of = {
        findings: min(findings, key=lambda finding: (patients[finding], finding), default="")
        for findings in set(declared.values())
    }
    strata: dict[str, list[str]] = defaultdict(list)
    for patient, findings in declared.items():
        strata[stratum_of[findings]].append(patient)
    *_, last = (share for share in shares.values() if share > 0)
    found: dict[str, str] = {}
    for stratum in sorted(strata, key=lambda finding: (len(strata[finding]), finding)):
        members = sorted(sorted(strata[stratum]), key=number)
        for rank, patient in enumerate(members):
            found[patient] = split_at((rank + start) / len(members), shares)
        start = (start + len(members) * last) % 1
    return found
