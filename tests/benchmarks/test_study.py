"""A study too small to learn: every arm runs, every table fills, hidden truth stays hidden, a kill costs little."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from benchmarks.study.arms import ARMS
from benchmarks.study.bench import read_runs, report, run_seed
from benchmarks.study.films import Leak, Sets, hidden_truth, refuse_leak, sets_of
from benchmarks.study.plan import StudyPlan, freeze, plan_of
from benchmarks.study.tables import TABLES
from benchmarks.study.workbench import Outcome, Workbench, steps_of_epoch
from overread.domain.errors import InvalidInput
from overread.domain.imaging.beside import draw_patients
from overread_worker.ml.dataset import build_cache
from overread_worker.ml.loader import epoch_plans
from overread_worker.ml.train import TrainingData
from tests.benchmarks.studies import folder_of_films, tiny

pytestmark = pytest.mark.xdist_group("study")  # one finished seed for all of them


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[StudyPlan, Path]:
    """A finished seed; while all arms but the oracle ran, the pool's truth was not there to be read."""
    plan, folder = tiny(), tmp_path_factory.mktemp("study")
    sets_of(plan, 0, folder)
    truth, away = folder / "hidden" / "0" / "pool.jsonl", folder / "away"
    truth.rename(away)
    run_seed(plan, 0, folder, {name: arm for name, arm in ARMS.items() if name != "oracle"})
    with pytest.raises(FileNotFoundError):
        run_seed(plan, 0, folder)
    away.rename(truth)
    run_seed(plan, 0, folder)
    return plan, folder


def test_every_table_is_full(study: tuple[StudyPlan, Path]) -> None:
    plan, folder = study
    console = Console(width=400, record=True)
    found = report(plan, folder, console)
    text = console.export_text()
    for table, measured in zip(TABLES, found["tables"], strict=True):
        assert table.title in text
        assert [row["arm"] for row in measured["rows"]] == [row.arm for row in table.rows]
        for row in measured["rows"]:
            for name in ("macro", *plan.findings):
                own = row["scores"][name]["d_auc"]
                assert own["score"]["low"] <= own["score"]["mean"] <= own["score"]["high"]
                assert (own["change"] is None) == (row["arm"] == table.reference)
    assert "97.70 / 78.03" in text
    assert "samples" not in found["runs"][0]


def test_a_finished_run_is_not_run_again_and_a_cut_line_is(study: tuple[StudyPlan, Path]) -> None:
    plan, folder = study
    lines = (folder / "lines" / "0.jsonl").read_text()
    assert [run["arm"] for run in read_runs(folder, [0])] == list(ARMS)
    run_seed(plan, 0, folder, dict.fromkeys(ARMS, None))  # type: ignore[arg-type] # nothing that could be called
    assert (folder / "lines" / "0.jsonl").read_text() == lines
    with (folder / "lines" / "0.jsonl").open("a") as file:
        file.write('{"arm": "extra", "se')
    run_seed(plan, 0, folder, {"extra": ARMS["supervised"]})
    runs = {run["arm"]: run for run in read_runs(folder, [0])}
    assert runs["extra"]["scores"] == runs["supervised"]["scores"]
    (folder / "lines" / "0.jsonl").write_text(lines)


def test_the_control_has_the_steps_of_student_and_teacher(study: tuple[StudyPlan, Path]) -> None:
    runs = {run["arm"]: run for run in read_runs(study[1], [0])}
    student = runs["noisy-student"]
    assert student["steps"] > runs["supervised"]["steps"]
    for arm in ("longer", "mean-teacher", "uda", "unimatch", "meta-pseudo-labels"):
        assert runs[arm]["steps"] == student["steps"]
    assert runs["longer"]["films"] == student["films"] < runs["uda"]["films"]


def test_a_planted_leak_is_caught(study: tuple[StudyPlan, Path]) -> None:
    plan, folder = study
    sets = sets_of(plan, 0, folder)
    bench = Workbench(plan, 0, folder, sets)
    hidden = hidden_truth(folder, 0, "pool")
    half = [replace(item, machine=frozenset(["pneumothorax"])) for item in hidden]
    for planted in (hidden, half, hidden_truth(folder, 0, "test"), sets.development):
        with pytest.raises(Leak):
            bench.train("leak", bench.recipe(0), sets.labelled + planted[:1])
    for data in (TrainingData(sets.labelled, hidden), TrainingData(sets.labelled, [], [sets.development[0].image])):
        with pytest.raises(Leak):
            refuse_leak(data, sets)
    assert not (folder / "runs" / "0" / "leak").exists()


def test_pool_films_carry_no_target_and_no_patient_is_twice(study: tuple[StudyPlan, Path]) -> None:
    plan, folder = study
    sets = sets_of(plan, 0, folder)
    assert all(not item.counts and not item.weights for item in sets.pool)
    assert any(one for item in hidden_truth(folder, 0, "pool") for one in item.counts.values())
    assert_apart(sets, folder, 0)


def assert_apart(sets: Sets, folder: Path, seed: int) -> None:
    parts = [sets.labelled, sets.development, sets.pool, hidden_truth(folder, seed, "test")]
    people = [{item.patient for item in part} for part in parts]
    assert all(people)
    assert len(set().union(*people)) == sum(map(len, people))


def test_steps_of_an_epoch_are_the_loaders(study: tuple[StudyPlan, Path], tmp_path: Path) -> None:
    plan, folder = study
    sets, recipe = sets_of(plan, 0, folder), plan.recipes[0]
    told = [replace(item, machine=frozenset(item.counts)) for item in hidden_truth(folder, 0, "pool")]
    for number, items in enumerate((sets.labelled, sets.labelled + told)):
        cache = build_cache(items, len(items), plan.findings, recipe.size, tmp_path / str(number))
        assert steps_of_epoch(recipe, items) == len(epoch_plans(cache, 0, recipe, 0))


def test_another_study_is_not_mixed_in_but_seeds_may_join(tmp_path: Path) -> None:
    freeze(tiny(), tmp_path)
    freeze(replace(tiny(), seeds=(0, 1)), tmp_path)
    with pytest.raises(InvalidInput, match="other steps"):
        freeze(replace(tiny(), steps=3), tmp_path)


@pytest.mark.parametrize(
    ("tier", "source", "recipes"),
    [("nightly", "phantom", None), ("real", "phantom", None), ("smoke", "folder:/x", None), (None, "padchest:/x", None),
     (None, "siim", None), (None, "phantom", ["demo-student"])],
)  # fmt: skip
def test_what_cannot_be_studied_is_refused(tier: str | None, source: str, recipes: list[str] | None) -> None:
    with pytest.raises(InvalidInput):
        plan_of(tier, source, None, recipes, None)


def test_real_sources_take_the_studys_recipes() -> None:
    assert [one.network for one in plan_of(None, "siim:/x", None, None, None).recipes] == [
        "efficientnet-b5", "efficientnet-b6", "efficientnet-b7"]  # fmt: skip
    assert plan_of(None, "chestxdet:/x", None, None, None).steps is None


def test_a_folder_of_films_is_split_by_patient_anew_for_each_seed(tmp_path: Path) -> None:
    source = folder_of_films(tmp_path / "films", patients=True)
    plan, folder = plan_of(None, f"folder:{source}", ["nodule"], None, None), tmp_path / "study"
    first, second = (sets_of(plan, seed, folder) for seed in (0, 1))
    for seed, sets in enumerate((first, second)):
        assert_apart(sets, folder, seed)
        assert all(not item.counts for item in sets.pool)
        assert len(sets.pool) > 8 * len(sets.labelled)
    assert hidden_truth(folder, 0, "test") == hidden_truth(folder, 1, "test")
    assert {item.patient for item in first.labelled} != {item.patient for item in second.labelled}
    assert {item.image for item in sets_of(plan, 0, folder).labelled} == {item.image for item in first.labelled}


def test_films_of_a_group_without_truth_stay_in_the_pool_and_nobody_knows_what_is_on_them(tmp_path: Path) -> None:
    source = folder_of_films(tmp_path / "films", patients=True)
    plan = plan_of(None, f"folder:{source}", ["nodule"], None, None)
    plan = replace(plan, labelled=6, without_truth=("others",))
    sets = sets_of(plan, 0, tmp_path / "study")
    assert len({item.patient for item in sets.labelled}) == len({item.patient for item in sets.development}) == 6
    unknown = [item for item in hidden_truth(tmp_path / "study", 0, "pool") if not item.counts]
    assert {item.patient for item in unknown} == {f"p{number}" for number in range(40, 45)}
    with pytest.raises(InvalidInput, match="no group 'nobody'"):
        sets_of(replace(plan, without_truth=("nobody",)), 0, tmp_path / "other")


def test_films_without_patients_are_each_alone_and_that_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = folder_of_films(tmp_path / "films", patients=False)
    plan = plan_of(None, f"folder:{source}", ["nodule"], None, None)
    sets = sets_of(plan, 0, tmp_path / "study")
    said = "90 of 90 films name no patient: each is taken for a patient of its own."
    assert said in capsys.readouterr().err
    console = Console(record=True, width=400)
    assert said in report(plan, tmp_path / "study", console)["notes"]
    assert said in console.export_text()
    everything = [*sets.labelled, *sets.development, *sets.pool]
    assert len({item.patient for item in everything}) == len(everything)


def test_resamples_hang_on_the_test_patients_alone() -> None:
    one, other = draw_patients(["a", "b", "c"], 20), draw_patients(["a", "b", "c"], 20)
    assert all(np.array_equal(one[key], other[key]) for key in one)
    assert np.array_equal(sum(one.values()), np.full(21, 3.0))


def test_an_outcome_of_many_costs_all_of_them(study: tuple[StudyPlan, Path]) -> None:
    plan, folder = study
    bench = Workbench(plan, 0, folder, sets_of(plan, 0, folder))
    outcome = ARMS["soft"](bench)
    assert isinstance(outcome, Outcome)
    lines = {run["arm"]: run for run in map(json.loads, (folder / "lines" / "0.jsonl").read_text().splitlines())}
    assert lines["soft"]["steps"] == 3 * lines["supervised"]["steps"]
