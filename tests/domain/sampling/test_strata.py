"""Patients are shared out by finding: like ones to within one patient, each patient by chance."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overread.domain.sampling.strata import shared_out, split_at

SHARES = [
    {"train": 0.8, "development": 0.2},
    {"train": 0.5, "development": 0.5},
    {"train": 0.6, "external": 0.1, "development": 0.3},
    {"train": 0.75, "external": 0.25, "development": 0.0},
]
ONE = frozenset({"nodule"})
FINDINGS = st.frozensets(st.sampled_from(["nodule", "fibrosis", "pneumothorax"]))
PATIENTS = st.dictionaries(st.text(max_size=5), FINDINGS, min_size=1, max_size=60)


def numbers(seed: int) -> Callable[[str], float]:
    def number(patient: str) -> float:
        return int.from_bytes(hashlib.sha256(f"{seed}/{patient}".encode("utf-8", "surrogatepass")).digest()[:8]) / 2**64

    return number


def drawn(declared: dict[str, frozenset[str]], shares: dict[str, float], seed: int) -> dict[str, str]:
    return shared_out(declared, shares, numbers(seed), lambda split: numbers(seed)(f"start {split}"))


def strata_of(declared: dict[str, frozenset[str]]) -> dict[str, set[str]]:
    """All patients, those of each set of findings, with each as their rarest finding, and with either of the two rarest
    that there are."""
    patients = Counter(finding for findings in declared.values() for finding in findings)
    rarest_first = sorted(patients, key=lambda finding: (patients[finding], finding))
    strata: dict[str, set[str]] = defaultdict(set)
    for patient, findings in declared.items():
        rarest = next((finding for finding in rarest_first if finding in findings), "none")
        with_two = [f"with {finding}" for finding in rarest_first[:2] if finding in findings]
        for name in ("all", f"only {sorted(findings)}", f"rarest {rarest}", *with_two):
            strata[name].add(patient)
    return strata


@given(PATIENTS, st.sampled_from(SHARES), st.integers(0, 99))
def test_each_stratum_is_shared_out_to_within_one_patient(
    declared: dict[str, frozenset[str]], shares: dict[str, float], seed: int
) -> None:
    found = drawn(declared, shares, seed)
    assert found.keys() == declared.keys()
    assert all(shares[split] > 0 for split in found.values())
    several = sum(share > 0 for share in shares.values()) > 2
    smallest = min(shares, key=lambda split: shares[split])
    for stratum in strata_of(declared).values():
        counts = Counter(found[patient] for patient in stratum)
        for split, share in shares.items():
            within = 2 if several and split != smallest else 1
            assert abs(counts[split] - len(stratum) * share) < within + 1e-9


@given(PATIENTS, st.sampled_from(SHARES), st.randoms(use_true_random=False))
def test_the_order_of_patients_does_not_count(
    declared: dict[str, frozenset[str]], shares: dict[str, float], random: Random
) -> None:
    order = list(declared)
    random.shuffle(order)
    assert drawn({patient: declared[patient] for patient in order}, shares, 3) == drawn(declared, shares, 3)


def test_five_patients_with_a_finding_give_development_one_by_every_seed() -> None:
    declared = {f"healthy {n}": frozenset[str]() for n in range(95)} | {f"ill {n}": ONE for n in range(5)}
    for seed in range(50):
        found = drawn(declared, SHARES[0], seed)
        assert [found[patient] for patient in declared if declared[patient]].count("development") == 1
        assert [*found.values()].count("development") == 20


def test_each_of_three_splits_gets_its_share_of_many() -> None:
    found = drawn({str(n): ONE for n in range(1000)}, SHARES[2], 0)
    assert Counter(found.values()) == {"train": 600, "external": 100, "development": 300}


def test_a_patient_of_two_findings_counts_for_both() -> None:
    declared = {f"nodule {n}": ONE for n in range(3)}
    declared |= {f"both {n}": frozenset({"nodule", "fibrosis"}) for n in range(2)}
    declared |= {f"fibrosis {n}": frozenset({"fibrosis"}) for n in range(8)}
    declared |= {f"none {n}": frozenset[str]() for n in range(7)}
    for seed in range(50):
        found = drawn(declared, SHARES[0], seed)
        development = [declared[patient] for patient in found if found[patient] == "development"]
        assert len(development) == 4
        assert Counter(finding for findings in development for finding in findings) == {"nodule": 1, "fibrosis": 2}


@pytest.mark.parametrize("shares", SHARES)
def test_each_patients_chance_is_the_share(shares: dict[str, float]) -> None:
    declared = {"alone": ONE, "a": frozenset[str](), "b": frozenset[str](), "c": frozenset({"fibrosis"})}
    declared |= {f"fibrosis {n}": frozenset({"fibrosis"}) for n in range(3)}
    counts = Counter(item for seed in range(2000) for item in drawn(declared, shares, seed).items())
    for patient in declared:
        for split, share in shares.items():
            assert abs(counts[patient, split] / 2000 - share) < 5 * (share * (1 - share) / 2000) ** 0.5 + 1e-9


def test_shares_that_add_up_to_a_little_less_than_1_leave_no_gap() -> None:
    assert split_at(1 - 1e-9, {"external": 0.0, "train": 0.7999995, "development": 0.2}) == "train"
    assert [split_at(place, SHARES[0]) for place in (0.0, 0.79, 0.81)] == ["train", "train", "development"]
