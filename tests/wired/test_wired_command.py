"""``python -m benchmarks.wired`` says what it counted, against which goal, and writes it down."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.wired import __main__ as command
from benchmarks.wired import parts, reads_needed
from benchmarks.wired.bench import Bench, Workplace
from benchmarks.wired.hidden import Truth
from benchmarks.wired.looks import ALONE, intervals, opens, opens_falsely
from benchmarks.wired.pool import PoolPlan
from benchmarks.wired.trials import Aim, Trial, count, over_all

TINY = PoolPlan(films=300)


def trials() -> list[Trial]:
    launch = ALONE | {"measure": 30}
    return [
        parts.trial("tiny", TINY, opens, Truth(0.5), launch, (Aim("opens", 0.9), Aim("opens by its reads", 0.0))),
        parts.trial("wrong", TINY, opens_falsely, Truth(0.5), launch, parts.FALSE),
        parts.trial("told", TINY, intervals, Truth(0.1), launch, (Aim("error held", 0.0),)),
    ]


def test_a_part_is_printed_and_written(
    context: Workplace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def here() -> Iterator[Bench]:
        yield Bench(context)

    monkeypatch.setattr(command, "open_bench", here)
    monkeypatch.setitem(parts.PARTS, "power", trials)
    assert command.main(["--only", "power", "--audits", "2", "--json", str(tmp_path / "found.json")]) == 0
    told = capsys.readouterr().out
    assert "goal tiny, 2 audits: opens 0 (≥ 0.9) missed" in told
    assert "goal wrong, 2 audits: false opening 0 (≤ 0.05) met" in told
    assert "wrong: false opening 0.000 (0.000 to 0.776, 2 counted)" in told
    written = json.loads((tmp_path / "found.json").read_text())
    assert [goal["met"] for goal in written["goals"]] == [False, True, True, True]
    assert written["counts"]["power"][0]["values"]["opens"] == [0.0, 0.0]


def test_every_part_has_settings_with_a_goal_each() -> None:
    for name, part in parts.PARTS.items():
        found = part()
        assert len({trial.name for trial in found}) == len(found) > 0
        assert all(trial.aims for trial in found) or name in ("table", "intervals", "people")


def test_a_goal_without_a_count_is_missed_and_a_setting_that_is_surely_low_is_seen_among_many() -> None:
    trial = Trial("t", TINY, lambda _database, _pool, _number: [], (Aim("nothing", 0.0),))
    assert [(goal.value, goal.met) for goal in count(trial, 1, [[("good", 1.0)]]).goals()] == [(None, False)]
    fine = count(trial, 60, [[("error held", 1.0)]] * 60)
    low = count(replace(trial, name="low"), 60, [[("error held", number % 10 > 2)] for number in range(60)])
    whole, worst = over_all([fine, low], "error held", 0.94)
    assert (whole.value, whole.met) == (pytest.approx(0.85), False)
    assert "(low)" in worst.name
    assert worst.value == pytest.approx(0.795, abs=0.01)
    assert not worst.met
    chance = count(replace(trial, name="chance"), 60, [[("error held", number % 15 > 0)] for number in range(60)])
    assert all(goal.met for goal in over_all([fine, chance], "error held", 0.94))
    assert over_all([], "error held", 0.94)[0].value is None


def test_the_table_tells_the_median_beside_the_rule_before(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, context: Workplace
) -> None:
    (tmp_path / "before.json").write_text(json.dumps({"alpha 10%, error 0%": 149, "alpha 10%, error 1%": 6000}))
    monkeypatch.setattr(reads_needed, "EARLIER", tmp_path / "before.json")
    clean, other = reads_needed.trials()[:2]
    counts = [count(clean, 3, [[("reads", 40.0)], [("reads", 59.0)], [("reads", 29.0)]])]
    lines = reads_needed.table([*counts, count(other, 1, [[("reads", 1300.0)]])]).splitlines()
    assert lines[2] == "| 10% | 0% | 40 | 149 |"
    assert lines[3] == "| 10% | 1% | 1,300 | more than 3,000 |"
    assert lines[-1] == "| 2% | 1% | – | – |"
    monkeypatch.setattr(reads_needed, "LADDER", (2, 100, 250))
    pool = context.pool(TINY)
    assert reads_needed.first_to_open(context.database, pool, 0, alpha=0.1, error=0.0) != [("reads", 2.0)]
    assert reads_needed.first_to_open(context.database, pool, 0, alpha=0.1, error=0.5)[0][1] == reads_needed.BEYOND
