"""The benchmark of the promise, too small to learn: every arm runs, truth stays shut, promises have numbers."""

import json
import pickle
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from benchmarks.bias.arms import arms_of
from benchmarks.bias.audits import Gate, Read, judge, read_pool, shown, teach
from benchmarks.bias.bench import KEPT, report
from benchmarks.bias.kept import read_kept
from benchmarks.bias.plan import DEVELOPMENT, MEASURED, REPORT, TASKS, Source, plan_of
from benchmarks.bias.readers import ANCHORED, Reader
from benchmarks.bias.search import variants
from benchmarks.bias.tables import Reached, claims, curve, minutes_ratio, reached
from benchmarks.bias.teachers import going_on
from benchmarks.goals import Goal
from benchmarks.study.bench import read_runs, run_seed
from benchmarks.study.films import Leak, hidden_truth, sets_of, write_items
from benchmarks.study.plan import StudyPlan
from benchmarks.study.workbench import Workbench
from overread.api.reports import PromiseOut
from overread.domain.imaging.masks import Rle
from overread.services.audit.cases import CaseFinding
from overread.services.reports.promise import SHIPPED
from overread_worker.ml.dataset import TrainingItem
from overread_worker.ml.label import FilmLabels, FindingLabel

pytestmark = pytest.mark.xdist_group("bias")  # one finished seed for all of them
FINDINGS = ["consolidation", "pneumothorax"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[StudyPlan, Path]:
    folder = tmp_path_factory.mktemp("bias")
    for task in ("easy", "hard"):
        run_seed(plan_of("smoke", task, None), 0, folder / task, arms_of("smoke", task))
    return plan_of("smoke", "hard", None), folder


@pytest.fixture
def bench(finished: tuple[StudyPlan, Path]) -> Workbench:
    plan, folder = finished
    return Workbench(plan, 0, folder / "hard", sets_of(plan, 0, folder / "hard"))


def test_every_table_fills_and_every_claim_is_judged(finished: tuple[StudyPlan, Path]) -> None:
    plan, folder = finished
    console = Console(width=400, record=True)
    found = report({"easy": plan_of("smoke", "easy", None), "hard": plan}, folder, console)
    text = console.export_text()
    for title in ("No reader", "The loop at 90 %"):
        assert title in text
    lines = [line for line in text.splitlines() if line.startswith("goal ")]
    assert len(lines) == len(found["goals"]) == 10
    assert all(line.endswith((" met", " missed")) for line in lines)
    drawn = PromiseOut.model_validate_json(json.dumps(found))  # what the web page asks for
    assert {task: len(tables) for task, tables in drawn.tables.items()} == {
        task: len(tables) for task, tables in found["tables"].items()
    }
    assert not any(goal["met"] for goal in found["goals"] if goal["value"] is None)
    judged = {goal["name"] for goal in found["goals"] if goal["value"] is not None}
    assert {"hard-unread-under-longer-high", "hard-bounds-held", "hard-false-openings"} <= judged


def test_every_arm_takes_the_same_steps_and_the_loop_tells_what_it_cost(finished: tuple[StudyPlan, Path]) -> None:
    runs = {run["arm"]: run for run in read_runs(finished[1] / "hard", [0])}
    steps = [runs[arm]["steps"] for arm in ("longer", "unread", "unread-anew", "reads@90", "drawn@90", "oracle")]
    assert max(steps) < 1.4 * min(steps)  # whole epochs, of as many steps as films come in: here a few steps each
    own, control, drawn = runs["overread@90"], runs["reads@90"], runs["drawn@90"]
    assert own["reads"] >= control["reads"] > 0  # second looks and HOLDOUT teach nothing
    assert 0 < drawn["minutes"] <= own["minutes"]
    assert sum(own["works"].values()) == own["reads"]
    assert len(own["rounds"]) == 2
    assert all(one["bound"] >= 0 for told in own["rounds"] for one in told["findings"].values())


def test_the_control_learns_from_the_very_reads_of_the_loop(bench: Workbench) -> None:
    kept = read_kept(bench, "overread@90")
    truth = {item.image.name: item for item in hidden_truth(bench.folder, 0, "pool")}
    assert kept.items
    for item in kept.items:
        for finding, counts in item.counts.items():
            assert (counts is None) == (truth[item.image_sha256].counts[finding] is None)  # a perfect reader


def test_what_the_release_ships_is_what_the_kept_runs_say() -> None:
    shipped = json.loads(SHIPPED.read_text())
    seeds = {task: sorted({run["seed"] for run in runs}) for task, runs in shipped["runs"].items()}
    plans = {task: plan_of("standard", task, own) for task, own in seeds.items() if task in TASKS}
    found = json.loads(json.dumps(report(plans, KEPT, Console(file=StringIO()))))
    for part in ("tables", "curves", "runs"):
        assert {task: found[part][task] for task in plans} == {task: shipped[part][task] for task in plans}


def test_minutes_are_read_off_the_curve() -> None:
    def run(arm: str, minutes: float, score: float | None, drawn: int = 0) -> tuple[tuple[str, int], dict[str, object]]:
        return (arm, 0), {"minutes": minutes, "drawn": drawn, "scores": {"macro": {"d_auc": score}}}

    runs = dict([run("longer", 0, 0.5), run("overread@4", 10, 0.75), run("overread@8", 20, 1.0),
                 run("drawn@4", 20, 0.625, 25), run("drawn@8", 40, 0.875, 50)])  # fmt: skip
    assert curve(runs, "overread") == [(0, 0.5), (10, 0.75), (20, 1.0)]
    assert reached(runs) == [Reached(25, 20, 5), Reached(50, 40, 15)]
    assert minutes_ratio(runs) == pytest.approx(15 / 40)
    assert minutes_ratio(dict([*runs.items(), run("drawn@8", 40, 1.05, 50)])) is None  # it is never reached
    assert minutes_ratio({}) is None
    waiting = {key: one for key, one in runs.items() if key[0] != "drawn@8"}  # it has yet to run
    assert reached(waiting) == [Reached(25, 20, 5)]
    every_film_has_it = dict([run("longer", 0, None), run("overread@4", 10, None)])
    assert curve(every_film_has_it, "overread") == []


def test_a_target_that_nobody_read_is_a_leak(bench: Workbench, finished: tuple[StudyPlan, Path]) -> None:
    item = hidden_truth(bench.folder, 0, "pool")[0]
    one = replace(item, counts={FINDINGS[0]: item.counts[FINDINGS[0]]}, weights={FINDINGS[0]: 1.0})
    with pytest.raises(Leak):
        bench.train("leak", bench.recipe(1), [*bench.sets.labelled, one])
    with pytest.raises(Leak):
        bench.train(
            "leak", bench.recipe(1), [*bench.sets.labelled, one], read=frozenset({(item.image.name, FINDINGS[1])})
        )
    assert bench.train(
        "read", bench.recipe(1), [*bench.sets.labelled, one], read=frozenset({(item.image.name, FINDINGS[0])})
    )


def test_arms_can_be_sent_to_the_processes_of_their_seeds() -> None:
    for task in ("easy", "hard", "people"):
        assert set(pickle.loads(pickle.dumps(arms_of("standard", task) | variants()))) >= {"supervised", "oracle"}


def test_what_goes_on_from_a_teacher_takes_no_other_weights() -> None:
    plan = plan_of("standard", "people", None, Source("folder:films", ("consolidation",), 20, ()))
    assert plan.recipes[0].encoder_weights == "imagenet"
    assert going_on(Workbench(plan, 0, Path(), None)).from_teacher  # type: ignore[arg-type]


def test_reports_and_development_share_no_seed() -> None:
    assert not set(DEVELOPMENT) & set(REPORT)
    assert plan_of("standard", "hard", None).seeds == REPORT


def films(count: int, presence: float) -> list[FilmLabels]:
    """Films whose one label says that the upper left quarter is a consolidation."""
    mask = np.zeros((32, 32), bool)
    mask[:16, :16] = True
    label = FindingLabel(FINDINGS[0], "positive", presence, 1.0, 0.0, None, 0.5, 0.9, Rle.of(mask), [])
    return [FilmLabels(row, np.zeros((1, 32, 32), np.uint8), {}, [label]) for row in range(count)]


def test_the_gate_certifies_what_clean_reads_show_and_nothing_else() -> None:
    labelled = films(60, 0.9)
    label = labelled[0].labels[0]
    mask = shown(label, np.zeros((32, 32), bool))
    right = {(row, FINDINGS[0]): Read(mask, "MEASURE", row) for row in range(45)}
    assert judge(labelled, right).certifies(label)
    wrong = right | {(row, FINDINGS[0]): Read(np.zeros_like(mask), "MEASURE", row) for row in range(8)}
    assert not judge(labelled, wrong).certifies(label)
    repaired = {unit: Read(read.mask, "FIX", -1) for unit, read in right.items()}
    assert not judge(labelled, repaired).certifies(label)  # repairs are no sample


def test_one_side_without_a_certificate_shuts_both() -> None:
    label = films(1, 0.9)[0].labels[0]
    positives = {(FINDINGS[0], "positive"): 0.8}
    assert Gate(positives).certifies(label)
    assert not Gate(positives | {(FINDINGS[0], "negative"): None}).lets(label)
    assert Gate(positives | {(FINDINGS[0], "negative"): 0.1}).lets(label)
    assert not Gate({(FINDINGS[0], "positive"): 0.95, (FINDINGS[0], "negative"): 0.1}).lets(label)


def test_what_was_read_outranks_the_label_and_what_is_shut_out_does_not_teach(bench: Workbench) -> None:
    labelled, shut = films(40, 0.9), Gate({})
    reads = {(0, FINDINGS[0]): Read(np.zeros((32, 32), bool), "FIX", None)}  # type: ignore[arg-type]
    taught = teach(bench.sets.pool, labelled, reads, None)
    assert taught[0].counts == {FINDINGS[0]: None}
    assert not taught[0].machine
    assert taught[1].machine == {FINDINGS[0]}
    assert [bool(one.counts) for one in teach(bench.sets.pool, labelled, reads, shut)] == [True] + [False] * 39


def test_of_a_film_without_truth_a_reader_cannot_tell(tmp_path: Path) -> None:
    film = TrainingItem(tmp_path / ("0" * 64), 8, 8, "p", {}, {})
    write_items([film], tmp_path / "hidden" / "77" / "pool.jsonl")
    case: Any = SimpleNamespace(
        blind=False, findings=[CaseFinding("nodule", drawn=True, shown="a"), CaseFinding("x", False)]
    )
    said, works = Reader("perfect", tmp_path, 77).say(0, case)
    assert [(one.finding, one.verdict, one.mask, one.shown) for one in said] == [("nodule", "cannot_tell", None, "a")]
    assert works == ["cannot_tell"]


def test_readers_err_as_they_say(bench: Workbench) -> None:
    shown = np.zeros((32, 32), bool)
    shown[:3, :3] = True  # wrong wherever it is shown
    kinds = {kind: Reader(kind, bench.folder, 0) for kind in ("perfect", "noisy", "anchored")}
    left = {kind: [reader.read(row, f, shown) for row in range(40) for f in FINDINGS] for kind, reader in kinds.items()}
    taken = {kind: sum(bool((mask == shown).all()) for mask in masks) for kind, masks in left.items()}
    assert taken["perfect"] == taken["noisy"] == 0
    assert ANCHORED / 2 < taken["anchored"] / 80 < 2 * ANCHORED
    assert any((a != b).any() for a, b in zip(left["perfect"], left["noisy"], strict=True))
    again = [kinds["anchored"].read(row, f, shown) for row in range(40) for f in FINDINGS]
    assert all((a == b).all() for a, b in zip(left["anchored"], again, strict=True))


def test_the_same_seed_draws_the_same_audit(bench: Workbench) -> None:
    labelled = films(40, 0.9)
    reader = Reader("perfect", bench.folder, 0)
    first, again = (read_pool(labelled, reader, 25, "risk", True, seed) for seed in (0, 0))
    assert list(first) == list(again)
    assert [read.stream for read in first.values()].count("MEASURE") == round(MEASURED * 10)
    assert {read.stream for read in read_pool(labelled, reader, 25, "random", False, 0).values()} == {"FIX"}


def test_claims_are_met_on_the_right_side_alone() -> None:
    assert Goal("x", 0.0, 0, strict=True).line() == "goal x 0 (> 0) missed"
    assert Goal("x", 0.01, 0, least=False, strict=True).line() == "goal x 0.01 (< 0) missed"
    assert Goal("x", None, 0.05, least=False).line() == "goal x n/a (≤ 0.05) missed"
    nothing = claims({"easy": {}, "hard": {}}, {"easy": FINDINGS, "hard": FINDINGS})
    assert nothing
    assert not any(goal.met for goal in nothing)
