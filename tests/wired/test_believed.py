"""What an audit tells can be believed: a few audits of each setting, drawn, read and judged by the services.

``make bench-coverage`` measures the same on hundreds; here the margins are so wide that chance alone breaks none in ten
thousand runs.
"""

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from benchmarks.wired import looks, ways
from benchmarks.wired.bench import Workplace
from benchmarks.wired.chains import chain
from benchmarks.wired.hidden import Reader, Truth
from benchmarks.wired.pool import Pool, PoolPlan
from benchmarks.wired.trials import Observed, Trial
from overread.db.session import Database
from overread.db.tables import Account

SMALL = PoolPlan(films=1000)
Counts = dict[str, list[float]]
Tell = Callable[..., Counts]


@pytest.fixture
def tell(context: Workplace) -> Tell:
    """All that so many audits of a pool told, by count."""

    def told(run: Callable[[Database, Pool, int], Observed], audits: int, plan: PoolPlan = SMALL) -> Counts:
        found: Counts = defaultdict(list)
        for number in range(audits):
            for key, value in context.run(Trial("", plan, run, ()), number):
                found[key].append(float(value))
        return found

    return told


def run(
    look: looks.Question, truth: Truth, launch: dict[str, Any], **more: Any
) -> Callable[[Database, Pool, int], Observed]:
    return partial(looks.run, look=look, hidden=truth, launch=launch, **more)


def test_labels_without_an_error_open_the_gate_of_the_default_launch(tell: Tell) -> None:
    told = tell(run(looks.opens, Truth(0.0), {}), 10, PoolPlan(films=1000, findings=2))
    assert sum(told["opens"]) >= 9


def test_labels_far_better_than_promised_open_the_gate(tell: Tell) -> None:
    told = tell(run(looks.opens, Truth(0.02), looks.ALONE | {"measure": 200}), 10)
    assert sum(told["opens by its reads"]) >= 7


def test_reading_the_right_labels_first_opens_nothing(tell: Tell) -> None:
    told = tell(run(looks.picks, Truth(0.1), looks.ALONE | {"measure": 200}, edge=True), 8)
    assert sum(told["false opening"]) <= 3


def test_the_second_iteration_measures_what_nobody_read(tell: Tell) -> None:
    two = partial(chain, truth=Truth(0.1), launch={"measure": 100, "keep_out": 0.0}, turns=2)
    told = tell(two, 3)
    assert max(told["MEASURE drawn again"]) == 0
    assert sum(told["error held, stratified"]) >= 2


def test_no_word_on_an_earlier_mask_is_filled_in(tell: Tell) -> None:
    again = {"measure": 10, "fix_by": "risk"}  # what is riskiest comes up again, with a word on its earlier mask
    two = partial(chain, truth=Truth(0.1), launch=again, turns=2)
    assert tell(two, 1)["filled in, not one's own"] == [0.0]


def test_readers_who_miss_a_third_of_planted_errors_are_not_trusted(tell: Tell) -> None:
    slack = (Reader(find=2 / 3),) * 2
    told = tell(run(looks.trust, Truth(0.1), looks.ALONE | {"measure": 10, "sentinel": 20}, readers=slack), 12)
    assert sum(told["reader-trust fails"]) >= 7


def test_labels_half_as_wrong_as_promised_are_certified(tell: Tell) -> None:
    launch = looks.ALONE | {"measure": 1000}
    told = tell(run(looks.certificates, Truth(0.05), launch), 4, PoolPlan(films=4000, prevalence=0.5))
    assert sum(told["positive certified"] + told["negative certified"]) >= 7
    assert sum(told["broken"]) <= 1


def test_a_bound_that_is_watched_holds_and_one_that_forgets_is_seen_to_break(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch = looks.ALONE | {"measure": 60}
    assert sum(tell(run(looks.watched, Truth(0.1), launch), 6)["live error broken"]) <= 3
    monkeypatch.setattr(looks, "truth", lambda *_: 0.9)
    assert tell(run(looks.watched, Truth(0.1), launch), 1)["live error broken"] == [1.0, 1.0]


def test_intervals_hold_the_truth(tell: Tell) -> None:
    plan = PoolPlan(films=1000, sources=24, patient=10)
    told = tell(run(looks.intervals, Truth(0.03, risk=1, together=True), {"measure": 100}), 12, plan)
    held = told["error, stratified"] + told["error, difference"] + told["prevalence, stratified"]
    assert held
    assert sum(held) >= 0.75 * len(held)


def test_an_error_corrected_for_slips_is_told_and_held(tell: Tell) -> None:
    slips = (Reader(find=0.8, refuse=0.05),) * 2
    launch = {"measure": 60, "fix": 0, "holdout": 0, "sentinel": 40, "second": 0.3}
    told = tell(run(looks.watched, Truth(0.1), launch, readers=slips), 6)["error, corrected"]
    assert len(told) >= 6
    assert sum(told) >= 0.6 * len(told)


def test_reads_asked_for_again_and_again_open_nothing(tell: Tell) -> None:
    told = tell(run(ways.extends, Truth(0.1), looks.ALONE | {"measure": 40}, edge=True), 6)
    assert sum(told["false opening"]) <= 3


def test_withholding_what_failed_lets_few_findings_in(tell: Tell) -> None:
    launch = looks.ALONE | {"measure": 100}
    told = tell(run(ways.withholds, Truth(0.1), launch, edge=True), 4, PoolPlan(films=1000, findings=3))
    assert sum(told["a finding let in though too wrong"]) <= 4


def test_what_is_read_again_after_a_verdict_opens_nothing_and_would(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = run(ways.reopens, Truth(0.1), looks.ALONE | {"measure": 60}, edge=True)
    assert sum(tell(again, 2)["opened by reading again"]) == 0
    monkeypatch.setattr(
        ways, "GateDecision", lambda **_: Account(id=99, name="nobody", role="reader")
    )  # judged, unrecorded
    assert sum(tell(again, 1)["opened by reading again"]) > 0
