"""Meta Pseudo Labels: the teacher moves as its feedback says, the student learns from the teacher alone."""

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from overread.domain.errors import InvalidInput
from overread.domain.learning.recipe import Recipe
from overread.domain.learning.recipe.parts import Pool
from overread.domain.learning.reports import EpochReport
from overread_worker.ml import meta
from overread_worker.ml.learner import Learner, Pupil, open_fabric
from overread_worker.ml.loader import Batch, PoolBatch
from overread_worker.ml.losses import Targets
from overread_worker.ml.meta import meta_step
from overread_worker.ml.train import TrainingData, train
from tests.ml.films import FINDINGS, TINY, blobs

PRESENCE = replace(TINY, class_weight=1.0, mask_weight=0.0, pool=Pool(method="meta_pseudo_labels", batch=4))
RATE, TEACHER_RATE = 1.0, 2.0


class Bias(nn.Module):
    """One number: the presence logit of every film; ``pool_only``: of bright films, so that labelled ones (black) teach
    it nothing and what moves it is its feedback."""

    def __init__(self, value: float, pool_only: bool = False) -> None:
        super().__init__()
        self.value, self.pool_only = nn.Parameter(torch.tensor(value)), pool_only

    def forward(self, films: Tensor) -> tuple[Tensor, Tensor]:
        bright = films.mean(dim=(1, 2, 3)) if self.pool_only else torch.ones(len(films))
        presence = (self.value * bright)[:, None]
        return presence[:, :, None, None].expand(-1, 1, 4, 4), presence


def learner(
    student: float, teacher: float, average: bool = False, pieces: int = 1, recipe: Recipe = PRESENCE
) -> Learner:
    fabric, own = open_fabric(recipe), Bias(student)
    averaged = AveragedModel(own, multi_avg_fn=get_ema_multi_avg_fn(0.5)) if average else None
    pupil, coach = (
        Pupil(recipe, fabric, raw, *fabric.setup(raw, torch.optim.SGD(raw.parameters(), lr=rate)))
        for raw, rate in ((own, RATE), (Bias(teacher, pool_only=True), TEACHER_RATE))
    )
    return Learner(["bright"], pupil, averaged, coach, pieces)  # type: ignore[arg-type]


def batch(truth: float, machine: float | None = None) -> Batch:
    """Two black labelled films, two more of a machine's if it says so, and four bright ones of the pool."""
    said = torch.tensor([truth] * 2 + ([machine] * 2 if machine is not None else []))[:, None]
    by_machine = torch.tensor([False] * 2 + [True] * (len(said) - 2))[:, None]
    targets = Targets(said[:, :, None, None].expand(-1, 1, 4, 4), said, torch.ones_like(said), by_machine)
    bright = torch.ones(4, 1, 4, 4)
    pool = PoolBatch(bright, (bright, bright), torch.zeros(2, 4, 4, 4, dtype=torch.bool))
    return Batch(torch.zeros(len(said), 1, 4, 4), targets, pool)


def values(taught: Learner) -> tuple[float, float]:
    assert taught.coach is not None
    return taught.pupil.raw.value.item(), taught.coach.raw.value.item()  # type: ignore[operator]


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


@pytest.mark.parametrize("truth", [0.0, 1.0])
@pytest.mark.parametrize("teacher", [-0.5, 0.5])
def test_the_teacher_grows_surer_of_labels_that_helped_and_less_sure_of_others(truth: float, teacher: float) -> None:
    """By hand: the student's step to the label, h from its loss of the truth, the teacher's step by eq. 12."""
    taught = learner(0.0, teacher)
    seen = meta_step(taught, batch(truth), 0.0)
    label = float(teacher > 0)
    student = 0.0 - RATE * (0.5 - label)

    def loss(bias: float) -> float:
        return -math.log(sigmoid(bias) if truth else 1 - sigmoid(bias))

    feedback = loss(0.0) - loss(student)
    assert (feedback > 0) == (label == truth)
    moved = teacher - TEACHER_RATE * feedback * (sigmoid(teacher) - label)
    assert values(taught) == pytest.approx((student, moved), abs=1e-6)
    assert (abs(values(taught)[1]) > abs(teacher)) == (label == truth)
    assert seen.pool_loss == pytest.approx(math.log(2))
    assert seen.loss == pytest.approx(loss(student)) == pytest.approx(seen.class_loss)


def test_a_machines_labels_do_not_judge_the_teacher() -> None:
    alone, beside = learner(0.0, 0.5), learner(0.0, 0.5)
    meta_step(alone, batch(1.0), 0.0)
    meta_step(beside, batch(1.0, machine=0.0), 0.0)
    assert values(alone) == values(beside)


def test_the_pools_weight_is_the_weight_of_the_teachers_consistency() -> None:
    """Teacher sure at .95 of a label, told sharper by UDA: it moves up beyond what its feedback asks."""
    sure = math.log(0.96 / 0.04)
    moved = []
    for weight in (0.0, 1.0):
        taught = learner(0.0, sure)
        meta_step(taught, batch(1.0), weight)
        moved.append(values(taught)[1])
    assert moved[1] - moved[0] == pytest.approx(TEACHER_RATE * (sigmoid(sure / 0.4) - 0.96), abs=1e-5)


def test_pieces_step_as_a_whole_and_the_average_follows() -> None:
    whole, pieces = learner(0.2, 0.5, average=True), learner(0.2, 0.5, average=True, pieces=2)
    # The first update of an average copies; the second halves the way.
    for _ in range(2):
        before = values(whole)[0]
        for taught in (whole, pieces):
            meta_step(taught, batch(1.0), 0.5)
    assert values(whole) == pytest.approx(values(pieces), abs=1e-6)
    assert whole.average is not None
    assert whole.average.module.value.item() == pytest.approx((before + values(whole)[0]) / 2)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("place", "call"),
    [("tell", 0), ("supervised", 0), ("without_noise", 0), ("without_noise", 1), ("told_cross_entropy", 0)],
    ids=["labels", "student", "before", "after", "teacher"],
)
def test_memory_that_runs_out_repeats_no_step(place: str, call: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it happens, student and teacher end up where one step each takes them."""
    recipe = replace(PRESENCE, mask_weight=0.5)  # soft Dice: pieces of it are not the whole's
    whole, cut = (learner(0.2, 0.5, average=True, recipe=recipe) for _ in range(2))
    wanted = meta_step(whole, batch(1.0), 0.5)
    real, calls = getattr(meta, place), iter(range(99))

    def small_device(*given: object) -> object:
        if next(calls) == call:
            raise torch.OutOfMemoryError("too large")
        return real(*given)

    monkeypatch.setattr(meta, place, small_device)
    seen = meta_step(cut, batch(1.0), 0.5)
    assert (whole.pieces, cut.pieces) == (1, 2)
    assert values(cut) == pytest.approx(values(whole), abs=0.01)
    assert vars(seen) == pytest.approx(vars(wanted), abs=0.01)
    assert cut.average is not None
    assert cut.average.n_averaged == 1


def test_the_gradient_is_clipped() -> None:
    taught = learner(0.0, 0.5, recipe=replace(PRESENCE, gradient_clip=0.01))
    meta_step(taught, batch(1.0), 0.0)
    student, teacher = values(taught)
    assert student == pytest.approx(0.01 * RATE, rel=1e-3)
    assert 0 < teacher - 0.5 <= 0.01 * TEACHER_RATE


def test_a_teacher_that_is_no_number_is_refused() -> None:
    for student, teacher in ((math.nan, 0.5), (0.0, math.nan)):
        with pytest.raises(InvalidInput, match="no longer a number"):
            meta_step(learner(student, teacher), batch(1.0), 1.0)


MPL = replace(
    TINY,
    epochs=32,
    pool=Pool(method="meta_pseudo_labels", batch=4, teacher_rate=1e-2, finish=0.25),
)


def test_the_student_learns_the_easy_task(tmp_path: Path) -> None:
    pool = [item.image for item in blobs(tmp_path, 24, 7)]
    reports: list[EpochReport] = []
    data = TrainingData(blobs(tmp_path, 32, 0), blobs(tmp_path, 16, 1), pool)
    train(MPL, data, FINDINGS, tmp_path / "run", reports.append)
    assert [report.epoch for report in reports if report.pool_loss is None] == list(range(24, 32))
    assert reports[-1].d_auc is not None
    assert reports[-1].d_auc > 0.8


def test_the_student_learns_from_its_teacher_alone(tmp_path: Path) -> None:
    """Without a finish, labelled films reach the student only through the teacher, and it still beats chance."""
    recipe = replace(MPL, pool=replace(MPL.pool, finish=0.0))
    pool = [item.image for item in blobs(tmp_path, 24, 7)]
    reports: list[EpochReport] = []
    data = TrainingData(blobs(tmp_path, 32, 0), blobs(tmp_path, 16, 1), pool)
    train(recipe, data, FINDINGS, tmp_path / "run", reports.append)
    assert reports[-1].d_auc is not None
    assert reports[-1].d_auc > 0.6


def test_student_and_teacher_go_on_as_if_they_had_not_died(tmp_path: Path) -> None:
    recipe = replace(MPL, epochs=3, dropout=0.2)
    data = TrainingData(blobs(tmp_path, 8, 0), [], [item.image for item in blobs(tmp_path, 8, 7)])

    def die(report: EpochReport) -> None:
        if report.epoch == 1:
            raise KeyboardInterrupt

    whole = load_file(train(recipe, data, FINDINGS, tmp_path / "whole", lambda _report: None).checkpoint)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, data, FINDINGS, tmp_path / "cut", die)
    again = load_file(train(recipe, data, FINDINGS, tmp_path / "cut", lambda _report: None).checkpoint)
    assert all(torch.equal(whole[name], again[name]) for name in whole)
