"""Withholding after looking: what the promise of each finding covers, and what it does not."""

import numpy as np
import pytest

from overread.domain.policy.gate import FindingEvidence, Promise, doubt_of, evaluate
from overread.domain.sampling.sequential import Question, chances_to_open

FINDINGS, UNITS, READS, ALPHA, DELTA = 5, 400, 160, 0.1, 0.05
AUDITS = 400


def admitted(delta: float, seed: int) -> list[str]:
    """Findings let in by somebody who withholds whatever does not pass, after looking; each is just too wrong."""
    rng = np.random.default_rng(seed)
    edge = Question(UNITS, ALPHA, DELTA).edge
    evidence = []
    for finding in range(FINDINGS):
        wrong = np.zeros(UNITS, bool)
        wrong[rng.permutation(UNITS)[:edge]] = True
        evidence.append(FindingEvidence(str(finding), UNITS, "".join("01"[int(bad)] for bad in wrong[:READS])))
    promise = Promise(ALPHA, delta)
    shut = [str(c.finding) for c in evaluate(evidence, promise, 0).clauses if not c.passed]
    assert evaluate(evidence, promise, 0, shut).open  # whatever is left opens: choosing never fails
    return [one.finding for one in evidence if one.finding not in shut]


def shares(delta: float) -> tuple[float, float]:
    """How often a given finding that is too wrong was let in, and how often some finding was."""
    found = [admitted(delta, seed) for seed in range(AUDITS)]
    return sum(len(one) for one in found) / AUDITS / FINDINGS, sum(bool(one) for one in found) / AUDITS


def test_each_finding_keeps_its_doubt_and_those_let_in_together_have_that_of_all() -> None:
    each, some = shares(DELTA)
    exact = float(chances_to_open(Question(UNITS, ALPHA, DELTA), READS, np.array([(ALPHA * UNITS + 1) / UNITS]))[0, -1])
    assert exact <= DELTA
    assert each == pytest.approx(exact, abs=0.02)
    assert DELTA < some <= FINDINGS * DELTA  # no promise holds for the findings together
    assert some == pytest.approx(1 - (1 - exact) ** FINDINGS, abs=0.06)


def test_one_doubt_for_the_project_holds_for_all_its_findings_and_audits_together() -> None:
    every = 1.0
    for attempt in range(4):
        delta = doubt_of(DELTA, "project", FINDINGS, attempt)
        exact = chances_to_open(Question(UNITS, ALPHA, delta), READS, np.array([(ALPHA * UNITS + 1) / UNITS]))[0, -1]
        every *= (1 - float(exact)) ** FINDINGS
    assert 1 - every <= DELTA
    assert shares(doubt_of(DELTA, "project", FINDINGS, 0))[1] <= DELTA / 2 + 0.01
