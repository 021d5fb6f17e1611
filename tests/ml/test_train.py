"""Training on films of 32 px: it learns, resumes to the bit, and publishes nothing that is no number."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from overread.domain.errors import InvalidInput
from overread.domain.imaging.films import pack_film
from overread.domain.imaging.masks import encode
from overread.domain.learning.recipe.parts import Augment, CopyPaste, Labelling, Pool, Pseudo
from overread.domain.learning.reports import EpochReport
from overread_worker.ml.checkpoint import load_network, temperature_of
from overread_worker.ml.dataset import build_cache
from overread_worker.ml.evaluate import evaluate
from overread_worker.ml.label import label
from overread_worker.ml.learner import Lineage, Pupil
from overread_worker.ml.network import Network
from overread_worker.ml.schedule import snapshot_epochs
from overread_worker.ml.train import TrainingData, weigh
from tests.ml.films import FINDINGS, TINY, blobs, data_of, run


def test_a_tiny_network_learns_the_easy_task_by_a_wide_margin(tmp_path: Path) -> None:
    reports: list[EpochReport] = []
    result = run(TINY, tmp_path / "run", data_of(tmp_path, 32, 16), reports.append)
    assert reports[-1].d_auc is not None
    assert reports[-1].d_auc > 0.9
    assert reports[0].loss > 2 * reports[-1].loss
    assert (reports[-1].truth_share, reports[-1].pool_loss) == (1.0, None)
    assert 0 <= reports[-1].waited <= 1
    held = {"development": blobs(tmp_path, 16, 1), "external": blobs(tmp_path, 16, 2)}
    scores = evaluate([result.checkpoint, result.checkpoint], TINY, held, FINDINGS)  # type: ignore[arg-type]
    assert (scores.ensemble["external"].macro.d_auc or 0) > 0.85
    assert set(result.pictures) == {"batch", "worst", "best"}
    assert all(path.read_bytes()[:4] == b"\x89PNG" for path in result.pictures.values())


@pytest.mark.parametrize(
    "changes",
    [
        {"dropout": 0.2, "copy_paste": CopyPaste(0.5), "average": 0.9, "schedule": "cosine", "warm_up": 0.25},
        {"average": 0.9, "pool": Pool("mean_teacher", batch=3)},
        {"dropout": 0.2, "pool": Pool("unimatch", batch=3), "early_stop": 3},
        {"pool": Pool("meta_pseudo_labels", batch=3, finish=0.5)},
    ],
    ids=["plain", "mean_teacher", "unimatch", "meta"],
)
@pytest.mark.parametrize("threads", ["1", "3"])  # with three, processes make the mini-batches
def test_a_training_that_died_goes_on_as_if_it_had_not(
    tmp_path: Path, changes: dict[str, Any], threads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    recipe = replace(TINY, epochs=4, **changes)
    data = data_of(tmp_path)
    result = run(recipe, tmp_path / "whole", data)
    whole = load_file(result.checkpoint)

    def die(report: EpochReport) -> None:
        if report.epoch == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(recipe, tmp_path / "cut", data, die)
    seen: list[int] = []
    gone_on = run(recipe, tmp_path / "cut", data, lambda report: seen.append(report.epoch))
    again = load_file(gone_on.checkpoint)
    assert (result.epochs, gone_on.epochs) == (4, 4)
    assert seen == [1, 2, 3]  # it died before that epoch's state was kept: nothing of it is missing, and it tells again
    assert all(torch.equal(whole[name], again[name]) for name in whole)


def test_a_loss_that_is_no_number_is_never_published(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no longer a number"):
        run(replace(TINY, learning_rate=0.9, class_weight=1e39, mask_weight=1e39), tmp_path / "run", data_of(tmp_path))
    assert not (tmp_path / "run" / "checkpoint.safetensors").exists()


def test_a_last_step_that_went_astray_is_never_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No later loss would tell; averaged weights take it over as well."""
    real = Pupil.descend

    def astray(pupil: Pupil[Network]) -> None:
        real(pupil)
        with torch.no_grad():
            next(pupil.network.parameters())[0] = torch.nan

    monkeypatch.setattr(Pupil, "descend", astray)
    for average in (0.0, 0.9):
        recipe = replace(TINY, epochs=1, batch=12, average=average)
        with pytest.raises(InvalidInput, match="weight of tiny is no longer a number"):
            run(recipe, tmp_path / f"run-{average}", data_of(tmp_path))
        assert not (tmp_path / f"run-{average}" / "checkpoint.safetensors").exists()


def test_accumulated_pieces_are_the_same_step(tmp_path: Path) -> None:
    """Without soft Dice, which is a piece's own, and with all findings known."""
    recipe = replace(TINY, epochs=2, learning_rate=1e-3, class_weight=1.0, mask_weight=0.0)
    whole, pieces = (
        load_file(run(replace(recipe, accumulate=n), tmp_path / f"{n}", data_of(tmp_path)).checkpoint) for n in (1, 4)
    )
    fresh = load_file(run(replace(recipe, learning_rate=1e-12), tmp_path / "0", data_of(tmp_path)).checkpoint)
    taught = [name for name in whole if name.startswith("encoder.") and name.endswith("0.weight")]
    assert taught
    for name in taught:
        assert torch.allclose(whole[name], pieces[name], atol=2e-4)
        assert not torch.allclose(whole[name], fresh[name], atol=2e-3)


@pytest.mark.parametrize(
    ("precision", "method"),
    [("bf16-mixed", "none"), ("16-mixed", "unimatch"), ("bf16-mixed", "meta_pseudo_labels")],
)
@pytest.mark.filterwarnings("ignore:You passed")
def test_16_bit_arithmetic_learns_and_is_kept_in_32(tmp_path: Path, precision: str, method: str) -> None:
    """A processor answers 16-mixed with bfloat16, as Fabric says; what a GPU adds is the scaling of gradients."""
    recipe = replace(TINY, epochs=2, precision=precision, gradient_clip=1.0, pool=Pool(method, batch=3))  # type: ignore[arg-type]
    kinds: list[torch.dtype] = []
    reports: list[EpochReport] = []
    handle = torch.nn.modules.module.register_module_forward_hook(
        lambda part, _given, made: kinds.append(made.dtype) if isinstance(part, torch.nn.Conv2d) else None
    )
    result = run(recipe, tmp_path / "run", data_of(tmp_path), reports.append)
    handle.remove()
    assert torch.bfloat16 in kinds
    assert reports[1].loss == pytest.approx(reports[1].loss)
    assert {value.dtype for value in load_file(result.checkpoint).values()} == {torch.float32}


def test_a_compiled_network_is_the_same_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By dynamo's eager backend: what is compiled for a GPU is captured here, without the minutes that code takes."""
    real = torch.compile
    monkeypatch.setattr(torch, "compile", lambda network, **_: real(network, backend="eager"))
    recipe = replace(TINY, epochs=2, average=0.9, pool=Pool("mean_teacher", batch=3))
    plain, compiled = (
        load_file(run(replace(recipe, compile=own), tmp_path / f"{own}", data_of(tmp_path)).checkpoint)
        for own in (False, True)
    )
    assert plain.keys() == compiled.keys()
    assert all(torch.allclose(plain[name], compiled[name], atol=1e-5) for name in plain)


def test_films_smaller_than_the_network_and_not_square(tmp_path: Path) -> None:
    """20 × 9 pixels at 64 × 64: trained on, scored, and labelled at their own size."""
    items = []
    for index, item in enumerate(blobs(tmp_path, 8, 0)):
        film, mask = np.full((20, 9), 90, np.uint8), np.zeros((20, 9), bool)
        mask[4:9, 2:6] = index % 2 == 0
        film[mask] = 220
        item.image.write_bytes(pack_film(film))
        counts = {"bright": encode(mask) if mask.any() else None, "dark": None}
        items.append(replace(item, height=20, width=9, counts=counts))
    decided = Labelling(tau_pos=0.01, tau_neg=0.0, tau_mask=0.01, min_area=0)
    recipe = replace(TINY, size=64, epochs=1, augment=Augment(operations=2), labelling=decided)
    result = run(recipe, tmp_path / "run", TrainingData(items, items))
    (found,) = label([(1, items[0].image)], [result.checkpoint], recipe, FINDINGS)
    assert found.maps.shape == (2, 64, 64)
    assert [one.mask.size for one in found.labels if one.mask is not None] == [(20, 9), (20, 9)]


def test_one_class_only_and_nothing_held_out(tmp_path: Path) -> None:
    items = [replace(item, counts={"bright": None, "dark": None}) for item in blobs(tmp_path, 6, 0)]
    reports: list[EpochReport] = []
    result = run(replace(TINY, epochs=1), tmp_path / "run", TrainingData(items, []), reports.append)
    assert reports[0].d_auc is None
    assert set(result.pictures) == {"batch"}


def test_a_finding_that_nobody_has_trains_and_scores_nothing(tmp_path: Path) -> None:
    items = [replace(item, counts={"bright": item.counts["bright"], "dark": None}) for item in blobs(tmp_path, 12, 0)]
    result = run(replace(TINY, epochs=2), tmp_path / "run", TrainingData(items, items))
    told = evaluate([result.checkpoint], TINY, {"development": items}, FINDINGS).ensemble["development"]
    assert told.per_finding["dark"].dice is None
    assert told.per_finding["dark"].positives == 0


def test_the_averaged_network_is_the_one_that_labels(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    result = run(replace(TINY, epochs=2, average=0.9), folder, data_of(tmp_path))
    published, last = load_file(result.checkpoint), load_file(folder / "state.safetensors")
    assert all(torch.equal(published[name], last[f"average/module.{name}"]) for name in published)
    assert any(not torch.equal(published[name], last[f"network/{name}"]) for name in published)


def test_weights_of_findings_and_of_machines_meet_in_the_cache(tmp_path: Path) -> None:
    recipe = replace(TINY, finding_weights={"dark": 3.0}, pseudo=Pseudo(weight=0.5))
    items = [*blobs(tmp_path, 1, 0), *blobs(tmp_path, 1, 1, machine=True)]
    cache = build_cache(items, 2, FINDINGS, 32, tmp_path / "cache")
    weigh(cache, recipe, FINDINGS)
    assert cache.weights.tolist() == [[1.0, 3.0], [0.5, 1.5]]


def test_earlier_checkpoints_are_kept_and_the_temperature_with_the_last(tmp_path: Path) -> None:
    recipe = replace(TINY, epochs=6, labelling=Labelling(stability=2, temperature=True))
    assert snapshot_epochs(recipe) == [1, 3]
    result = run(recipe, tmp_path / "run", data_of(tmp_path))
    assert len(result.snapshots) == 2
    assert all(load_network(path)[1] == recipe for path in result.snapshots)
    assert temperature_of(result.checkpoint) != 1.0


def test_what_cannot_be_trained_is_refused_in_words(tmp_path: Path) -> None:
    data = data_of(tmp_path)
    with pytest.raises(InvalidInput, match="pool films"):
        run(replace(TINY, pool=Pool("uda")), tmp_path / "run", replace(data, pool=[]))
    with pytest.raises(InvalidInput, match="at least as large"):
        run(TINY, tmp_path / "run", replace(data, lineage=Lineage(teacher_parameters=10**9)))
    reasoned = replace(TINY, epochs=1, smaller_student_because="it runs on a phone")
    run(reasoned, tmp_path / "run", replace(data, lineage=Lineage(teacher_parameters=10**9)))
