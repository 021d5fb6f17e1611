"""Early stopping: the best look is published where development films are enough, and the last weights where not."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from overread.domain.learning.reports import EpochReport
from overread_worker.ml import train as training
from overread_worker.ml.dataset import TrainingItem
from tests.ml.films import TINY, blobs, data_of, run

Items = list[TrainingItem]


def test_early_stopping_publishes_the_best_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([0.6, 0.9, 0.8, 0.7, 0.95])
    kept: list[float] = []
    real = training.look  # type: ignore[attr-defined]

    def scripted(*arguments: object) -> object:
        found = replace(real(*arguments), judged=next(looks))  # type: ignore[arg-type]
        kept.append(found.judged)  # type: ignore[arg-type]
        return found

    monkeypatch.setattr(training, "look", scripted)
    states: list[dict[str, torch.Tensor]] = []
    folder = tmp_path / "run"

    def on_epoch(report: EpochReport) -> None:
        assert report.judged
        if report.epoch:  # what is kept is the epoch before's
            states.append(load_file(folder / "state.safetensors"))

    recipe, data = replace(TINY, epochs=8, early_stop=2), data_of(tmp_path)
    result = run(recipe, folder, data, on_epoch)
    assert kept == [0.6, 0.9, 0.8, 0.7]  # two looks without a better one
    published = load_file(result.checkpoint)
    assert all(torch.equal(published[name], states[1][f"network/{name}"]) for name in published)
    again = run(recipe, folder, data)  # as where it died before it was published: what has stopped stays stopped
    assert (result.epochs, again.epochs, len(kept)) == (4, 4, 4)


def without(items: Items, finding: str) -> Items:
    return [replace(item, counts=dict(item.counts) | {finding: None}) for item in items]


TOO_FEW: dict[str, Callable[[Items], Items]] = {
    "none": lambda _held: [],
    "one": lambda held: held[:1],
    "one of each": lambda held: held[:2],
    "no positive": lambda held: without(without(held, "bright"), "dark"),
    "four patients": lambda held: [replace(item, patient=f"p{number % 4}") for number, item in enumerate(held)],
    "nobody knows": lambda held: [replace(item, counts={}, weights={}) for item in held],
}


@pytest.mark.parametrize("held", TOO_FEW.values(), ids=TOO_FEW)
def test_too_few_development_films_stop_nothing_and_that_is_said(
    tmp_path: Path, held: Callable[[Items], Items], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([0.9, *[0.1] * 7])  # as the first look has it, no later one is better
    real = training.look  # type: ignore[attr-defined]

    def falling(*arguments: object) -> object:
        found = real(*arguments)  # type: ignore[arg-type]
        return replace(found, d_auc=found.d_auc and next(looks))

    monkeypatch.setattr(training, "look", falling)
    reports: list[EpochReport] = []
    data, folder = data_of(tmp_path), tmp_path / "run"
    data = replace(data, development=held(blobs(tmp_path, 12, 1)))
    result = run(replace(TINY, epochs=8, early_stop=2), folder, data, reports.append)
    assert result.epochs == 8
    assert {report.judged for report in reports} == {False}
    published, last = load_file(result.checkpoint), load_file(folder / "state.safetensors")
    assert all(torch.equal(published[name], last[f"network/{name}"]) for name in published)


def test_a_training_goes_by_the_findings_that_enough_films_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One film with "dark" changes the mean that is told, and not the one that stops."""
    looks: list[tuple[float | None, float | None]] = []
    real = training.look  # type: ignore[attr-defined]

    def watched(*arguments: object) -> object:
        found = real(*arguments)  # type: ignore[arg-type]
        looks.append((found.judged, found.d_auc))
        return found

    monkeypatch.setattr(training, "look", watched)
    held = without(blobs(tmp_path, 12, 1), "dark")
    one = [replace(held[0], counts={**held[0].counts, "dark": held[0].counts["bright"]}), *held[1:]]
    for number, development in enumerate((held, one)):
        data = replace(data_of(tmp_path), development=development)
        run(replace(TINY, epochs=1, early_stop=2), tmp_path / str(number), data)
    (judged, alone), (the_same, mean) = looks
    assert judged == the_same == alone != mean


def test_a_recipe_that_does_not_stop_early_says_nothing_of_it(tmp_path: Path) -> None:
    reports: list[EpochReport] = []
    run(replace(TINY, epochs=1), tmp_path / "run", replace(data_of(tmp_path), development=[]), reports.append)
    assert reports[0].judged is None
    assert "judged" not in reports[0].values()
