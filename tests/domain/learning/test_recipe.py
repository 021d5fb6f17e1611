"""Recipes: refused before a job exists, with the nearest right word."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.dialects import postgresql

from overread.db.tables.stored import Stored
from overread.domain.errors import InvalidRecipe
from overread.domain.learning.networks import parameter_count
from overread.domain.learning.recipe import Recipe, check_batch, check_student
from overread.domain.learning.recipe.parts import Labelling, Pool
from overread.domain.learning.recipe.values import describe, difference, from_mapping, to_mapping
from overread.recipes import load, names


def test_every_recipe_that_ships_loads_and_comes_back() -> None:
    assert {"demo-teacher-a", "demo-student", "study-5-finding-initial", "study-1-finding-iter1"} <= set(names())
    for name in names():
        recipe = load(name)
        assert from_mapping(to_mapping(recipe)) == recipe


def test_a_recipe_reads_itself_aloud_and_its_words_are_the_recipe() -> None:
    for name in names():
        words = describe(load(name))
        assert from_mapping(tomllib.loads(words)) == load(name)
        settings = [line for line in words.splitlines() if " = " in line and not line.startswith("#")]
        sentences = [line for line in words.splitlines() if line.startswith("# ")]
        assert len(sentences) == len(settings) + 6  # one a setting, one a table


def test_the_difference_of_two_recipes() -> None:
    found = difference(load("study-5-finding-initial"), load("study-5-finding-iter1"))
    assert found["network"] == ("efficientnet-b5", "efficientnet-b6")
    own = {"labelling.ensemble", "labelling.tau_pos", "labelling.tau_neg"}  # of a network that labels
    assert set(found) == {"network", "pseudo.uncertain"} | own
    assert difference(load("demo-student"), load("demo-student")) == {}


@pytest.mark.parametrize(
    ("name", "network", "thresholds", "batch", "epochs", "onto"),
    [
        ("study-1-finding-initial", "efficientnet-b5", (0.001, 0.85), 16, 100, "normal"),
        ("study-1-finding-iter1", "efficientnet-b6", (0.002, 0.7), 16, 100, "normal"),
        ("study-1-finding-iter2", "efficientnet-b7", None, 32, 32, "normal"),
        ("study-5-finding-initial", "efficientnet-b5", (0.005, 0.97), 16, 100, "all"),
        ("study-5-finding-iter1", "efficientnet-b6", None, 16, 100, "all"),
    ],
)
def test_the_study_has_its_numbers(
    name: str, network: str, thresholds: tuple[float, float] | None, batch: int, epochs: int, onto: str
) -> None:
    """Definitions, section 0, row by row; the last of each task labels nothing."""
    recipe = load(name)
    assert (recipe.network, recipe.encoder_weights, recipe.size) == (network, "imagenet", 512)
    assert (recipe.learning_rate, recipe.batch, recipe.epochs) == (1e-4, batch, epochs)
    assert (recipe.class_weight, recipe.mask_weight, recipe.dropout) == (0.3, 0.7, 0.25)
    assert (recipe.augment.policy, recipe.augment.operations) == ("study", 2)
    assert (recipe.copy_paste.onto, recipe.copy_paste.abnormal_probability) == (onto, 0.5)
    assert recipe.copy_paste.probability in (0.25, 0.5, 0.75)
    if thresholds is not None:
        assert recipe.labelling.thresholds("nodule") == thresholds
        assert recipe.labelling.ensemble == "literal"
    assert name != "study-5-finding-iter1" or recipe.pseudo.uncertain == "drop"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"epoch": 3}, "Did you mean 'epochs'"), ({"size": 100}, "multiple of 32"), ({"batch": 0}, "1 or more"),
        ({"learning_rate": "fast"}, "cannot be"), ({"epochs": True}, "cannot be"), ({"network": 5}, "needs a network"),
        ({"labelling": {"tau_pos": 0.1, "tau_neg": 0.5}}, "in this order"), ({"labelling": 3}, "is a table"),
        ({"labelling": {"tau_pos": {"nodule": "high"}}}, "a number a finding"),
        ({"pseudo": {"truth_share": 0.1}}, "at least a third"), ({"labelling": {"ensemble": "loud"}}, "one of"),
        ({"encoder_weights": "mine.pt"}, "refused unread"), ({"pool": {"metod": "uda"}}, "Did you mean 'pool.method'"),
        ({"pool": {"method": "mean_teacher"}}, "above 0 with mean_teacher"), ({"stochastic_depth": 0.2}, "small-unet"),
        ({"network": "resnet18", "stochastic_depth": 0.2}, "no block to skip"),
        ({"encoder_weights": "imagenet"}, "nobody trained one"), ({"augment": {"magnitude": 10}}, "from 0 to 9"),
        ({"pool": {"method": "meta_pseudo_labels"}, "pseudo": {"own_head": True}}, "one head"),
        ({"pseudo": {"teaches": "presence"}}, "one of all, contour"),
        ({"pseudo": {"teaches": "contour", "uncertain": "drop"}}, 'mask where pseudo.teaches is "contour"'),
        ({"pool": {"finish": 0.2}}, "nothing to finish"), ({"accumulate": 99}, "from 1 to batch"),
        ({"learning_rate": float("nan")}, "between 0 and 1"), ({"dropout": float("nan")}, "below 1"),
    ],
)  # fmt: skip
def test_a_bad_recipe_is_refused_in_words(change: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidRecipe, match=said):
        from_mapping({"name": "x", "network": "small-unet", **change})


def test_files_that_are_none(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("network = ")
    for name in ("no-such-recipe", str(broken), "/etc/passwd"):
        with pytest.raises(InvalidRecipe):
            load(name)


def test_thresholds_one_a_finding() -> None:
    labelling = Labelling(tau_pos={"nodule": 0.9}, tau_neg=0.05)
    assert labelling.thresholds("nodule") == (0.05, 0.9)
    assert labelling.thresholds("fibrosis") == (0.05, 1.0)


def test_a_student_is_as_large_as_its_teacher_or_says_why_not() -> None:
    small, teacher = Recipe("s", "small-unet", width=8), parameter_count("small-unet", 12, 5)
    assert teacher is not None
    with pytest.raises(InvalidRecipe, match="at least as large"):
        check_student(small, teacher, 5)
    check_student(Recipe("s", "small-unet", width=12), teacher, 5)
    check_student(Recipe("s", "small-unet", width=8, smaller_student_because="it runs on a phone"), teacher, 5)


@pytest.mark.parametrize(
    ("change", "processes", "said"),
    [
        ({"batch": 1}, 1, "batch = 1 leaves one alone. Set batch to 2 or more; only"),
        (
            {"batch": 4, "accumulate": 4},
            1,
            "batch = 4 in 4 pieces leaves one alone. Set batch to 8 or more, or acc",
        ),
        (
            {"batch": 7, "accumulate": 2},
            2,
            "batch = 7 shared by 2 processes in 2 pieces leaves one alone. Set batch to 8",
        ),
        ({"batch": 3}, 2, "batch = 3 shared by 2 processes leaves one alone. Set batch to 4"),
        ({"pool": Pool("uda", batch=1)}, 1, "pool.batch = 1 leaves one alone"),
    ],
)
def test_a_film_alone_is_refused_where_the_network_normalises_over_films(
    change: dict[str, Any], processes: int, said: str
) -> None:
    with pytest.raises(InvalidRecipe, match=re.escape(said)):
        check_batch(Recipe("x", "resnet18", **change), processes)
    check_batch(Recipe("x", "small-unet", **change), processes)


def test_two_films_in_every_piece_are_enough() -> None:
    check_batch(Recipe("x", "resnet18", batch=8, accumulate=2, pool=Pool(batch=1)), 2)
    for name in names():
        check_batch(load(name), 4)


@pytest.mark.parametrize("thresholds", [{"tau_neg": 0, "tau_pos": 1}, {"tau_pos": {"nodule": 1}, "tau_neg": 0}])
def test_whole_numbers_are_kept_as_the_numbers_that_they_stand_for(thresholds: dict[str, Any]) -> None:
    told = from_mapping(
        {"name": "r", "network": "small-unet", "learning_rate": 1e-3, "dropout": 0, "labelling": thresholds}
    )
    column: Stored[Recipe] = Stored(Recipe)
    assert column.process_result_value(column.kept(told), postgresql.dialect()) == told
    assert (type(told.dropout), type(told.labelling.tau_neg)) == (float, float)
