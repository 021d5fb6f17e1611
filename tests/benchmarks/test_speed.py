"""The speed benchmark: its arithmetic, its report, and a tiny run of each part, so that it cannot go stale unseen."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from sqlalchemy import select

from benchmarks.goals import Goal
from benchmarks.speed import __main__ as speed
from benchmarks.speed import labelling, scoring, training
from benchmarks.speed.answers import KEPT, Answering
from benchmarks.speed.films import FINDINGS
from benchmarks.speed.installation import open_installation
from benchmarks.speed.measure import EVERY, MIB, Measurement, Memory, in_turns, owned_memory, processor_seconds, ratio
from overread.db.session import Database
from overread.db.tables import PseudoLabel
from overread.settings import Settings
from overread_worker.ml.checkpoint import save_network
from overread_worker.ml.network import build
from overread_worker.tasks.label import Ensemble, label_films


@pytest.mark.parametrize(
    ("goal", "line"),
    [
        (Goal("a", 0.9, 0.9), "goal a 0.9 (≥ 0.9) met"),
        (Goal("a", 0.899, 0.9), "goal a 0.899 (≥ 0.9) missed"),
        (Goal("b", 3.0, 3.0, least=False), "goal b 3 (≤ 3) met"),
        (Goal("b", 3.01, 3.0, least=False), "goal b 3.01 (≤ 3) missed"),
    ],
)
def test_a_goal_says_whether_it_is_met(goal: Goal, line: str) -> None:
    assert goal.line() == line


def test_a_ratio_is_the_median_of_each_rounds_own() -> None:
    assert ratio([1.0, 10.0, 2.0], [1.0, 5.0, 4.0]) == 1.0  # the medians' ratio would be ½


def test_two_things_take_turns_and_the_first_round_does_not_count() -> None:
    order: list[str] = []
    seconds = in_turns({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 2)
    assert order == ["a", "b"] * 3
    assert {name: len(times) for name, times in seconds.items()} == {"a": 2, "b": 2}


def test_the_peak_is_seen_after_it_has_passed() -> None:
    before = owned_memory()
    with Memory() as memory:
        big = bytearray(64 * MIB)
        big[::4096] = b"x" * len(big[::4096])
        assert owned_memory() > before + 50
        # The watcher looks a hundred times a second when the machine lets it: what is to be seen must last till then.
        deadline = time.monotonic() + 30
        while memory.peak <= before + 50 and time.monotonic() < deadline:
            time.sleep(EVERY)
        del big
    assert memory.peak > before + 50


def test_the_report_has_the_machine_the_numbers_and_the_goals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = Measurement("x", {"films/s": 2.0}, [Goal("x", 0.5, 0.9)], {"8 films": 100.0})
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(speed, "parts", lambda _device: {"training": lambda _: [found], "scoring": lambda _: [found]})
    assert speed.main(["--only", "scoring", "--json", str(tmp_path / "report.json")]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "goal x 0.5 (≥ 0.9) missed"
    told = json.loads((tmp_path / "report.json").read_text())
    assert told["machine"].keys() == {"device", "cores", "torch"}
    (one,) = told["measurements"]
    goal = {"name": "x", "value": 0.5, "target": 0.9, "least": True, "strict": False, "met": False}
    assert one["goals"] == [goal]
    assert (one["numbers"], one["memory"]) == ({"films/s": 2.0}, {"8 films": 100.0})
    assert one["load"] >= 0


def test_training_is_measured(tmp_path: Path) -> None:
    (found,) = training.measure(tmp_path, (training.Setting("small-unet", 32, 4, 2),), 1)
    assert found.numbers["share of bare"] == found.goals[0].value > 0  # type: ignore[operator]
    assert found.numbers["augmentation CPU ms/image"] > 0
    assert 0 <= found.numbers["loader-bound share"] <= 1
    assert found.memory.keys() == {"8 films", "32 films"}


TINY = labelling.Setting("small-unet", 2, 32, 48, 20)


def test_labelling_is_measured(settings: Settings) -> None:
    found = labelling.label_pool(settings, TINY, 1)
    assert found.numbers["share of bare ensemble"] == found.goals[0].value > 0  # type: ignore[operator]
    assert found.numbers["share of bare networks"] > 0
    assert found.numbers["share of bare ensemble, by processor time"] > 0
    assert found.memory.keys() == {"20 films", "80 films"}


def test_networks_that_never_learned_answer_as_good_ones_would(tmp_path: Path) -> None:
    for seed in range(2):
        torch.manual_seed(seed)
        save_network(build(TINY.recipe, len(FINDINGS)), TINY.recipe, FINDINGS, tmp_path / str(seed))
    members = Answering([tmp_path / "0", tmp_path / "1"], FINDINGS, TINY.recipe)
    films = np.random.default_rng(0).integers(0, 256, (24, 32, 32), dtype=np.uint8)
    maps, presence = members.predict(films)
    again, _ = members.predict(films[::-1].copy())
    assert torch.equal(maps, again.flip(1))  # a film's answer is its own, whichever batch it comes in
    assert len({float(one) for one in presence.flatten()}) > KEPT * len(FINDINGS)  # the networks' own
    lit = (maps >= 0.5).any(dim=-1).any(dim=-1).float()
    assert 0.15 < lit.mean() < 0.5
    assert 0 < (lit[0] != lit[1]).float().mean() < 0.4


def test_processor_time_counts_what_children_spend() -> None:
    burn = "import time\nwhile time.process_time() < {}: pass\nprint()\ninput()"
    before = processor_seconds()
    with subprocess.Popen(
        [sys.executable, "-c", burn.format(0.5)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.readline()
        assert processor_seconds() - before > 0.4
        child.stdin.write(b"\n")


def test_labelling_writes_a_row_a_finding_with_the_members_variance(settings: Settings, database: Database) -> None:
    with open_installation(settings, [TINY.recipe] * 2, TINY.films, TINY.film) as installation:
        label_films(
            installation.context,
            installation.labelling_id,
            installation.films,
            Ensemble(installation.runs, TINY.recipe, FINDINGS),
        )
        with database.transaction() as session:
            rows = session.execute(select(PseudoLabel.image_id, PseudoLabel.variance)).all()
        assert len(rows) == TINY.films * len(FINDINGS)
        assert len({image for image, _ in rows}) == TINY.films
        # Two networks of one seed are the same network; these are two.
        assert all(variance is not None and 0 < variance < 0.25 for _, variance in rows)
        installation.forget()
        with database.transaction() as session:
            assert session.scalars(select(PseudoLabel.id)).all() == []


def test_scoring_is_measured() -> None:
    (found,) = scoring.score(films=16, kept=2, size=32, looped=1, repeats=1)
    assert [goal.least for goal in found.goals] == [True, False]
    assert found.memory.keys() == {"1 films", "4 films", "16 films"}
    assert 0 < found.numbers["positive share"] < 1


def test_both_loops_find_what_one_pass_finds() -> None:
    for case in scoring.make_cases(1, 32)[0]:
        if case.present:
            curve = scoring.measure(case.probability, case.reference)  # type: ignore[attr-defined]
            assert curve.tolist() == pytest.approx(scoring.plain_loop(case))  # type: ignore[union-attr]
            assert scoring.quick_loop(case) == pytest.approx(scoring.plain_loop(case))
