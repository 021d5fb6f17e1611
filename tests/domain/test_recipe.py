"""Recipes: refused before a job exists, with the nearest right word."""

from pathlib import Path

import pytest

from backend.domain.errors import InvalidRecipe
from backend.domain.networks import parameter_count
from backend.domain.recipe import Recipe, check_student, from_mapping, load, names, to_mapping


def test_every_recipe_that_ships_loads_and_comes_back() -> None:
    assert {"demo-teacher-a", "demo-student", "study-5-finding-initial", "study-1-finding-iter1"} <= set(names())
    for name in names():
        recipe = load(name)
        assert from_mapping(to_mapping(recipe)) == recipe


def test_the_study_has_its_numbers() -> None:
    five, one = load("study-5-finding-initial"), load("study-1-finding-initial")
    assert (five.network, five.size, five.batch, five.learning_rate) == ("efficientnet-b5", 512, 16, 1e-4)
    assert five.thresholds("nodule") == (0.005, 0.97)
    assert one.thresholds("pneumothorax") == (0.001, 0.85)
    assert load("study-1-finding-iter1").thresholds("pneumothorax") == (0.002, 0.7)
    assert (five.class_weight, five.mask_weight, five.dropout) == (0.3, 0.7, 0.25)
    assert five.encoder_weights == "imagenet"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"epoch": 3}, "Did you mean 'epochs'"), ({"size": 100}, "multiple of 32"), ({"batch": 0}, "1 or more"),
        ({"learning_rate": "fast"}, "cannot be"), ({"tau_pos": 0.1, "tau_neg": 0.5}, "in this order"),
        ({"truth_share": 0.1}, "at least a third"), ({"ensemble": "loud"}, "one of"), ({"epochs": True}, "cannot be"),
        ({"network": 5}, "needs a network"), ({"encoder_weights": "mine.pt"}, "imagenet or none"),
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
    recipe = Recipe("x", "small-unet", tau_pos={"nodule": 0.9}, tau_neg=0.05)
    assert recipe.thresholds("nodule") == (0.05, 0.9)
    assert recipe.thresholds("fibrosis") == (0.05, 1.0)


def test_a_student_is_as_large_as_its_teacher_or_says_why_not() -> None:
    small, teacher = Recipe("s", "small-unet", width=8), parameter_count("small-unet", 12, 5)
    assert teacher is not None
    with pytest.raises(InvalidRecipe, match="at least as large"):
        check_student(small, teacher, 5)
    check_student(Recipe("s", "small-unet", width=12), teacher, 5)
    check_student(Recipe("s", "small-unet", width=8, smaller_student_because="it runs on a phone"), teacher, 5)
