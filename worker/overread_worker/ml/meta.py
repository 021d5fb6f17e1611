"""Meta Pseudo Labels (Pham et al., 2021): a teacher that learns from what its labels did to the student.

Equations are the paper's: the student's step (2), the teacher's gradient with its feedback h (12, appendix A), the
teacher's supervised and UDA losses beside it (appendix B, algorithm 1). Where this differs:

- A label is what the teacher finds likelier (≥ ½), per pixel and presence, rather than a draw: masks drawn pixel by
  pixel would be noise.
- h is the student's loss of labelled films before its step less that after it, which is (12)'s η·(dot product) to
  first order for plain descent, and what the step did for Adam; it is not centred by a running mean.
- The labels are made on the weak view, without noise, and the teacher's likelihood of them is taken there too.
"""

from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from overread.domain.learning.recipe import Recipe
from overread_worker.ml.consistency import Told, tell, told_cross_entropy, without_noise
from overread_worker.ml.learner import Learner, Pupil
from overread_worker.ml.loader import Batch, PoolBatch
from overread_worker.ml.losses import Losses, Targets, as_numbers, supervised, weighted
from overread_worker.ml.network import Network


@dataclass(frozen=True)
class Lesson:
    """What a step teaches: the student, and its teacher as a coach; labelled films, and pool films that it labels."""

    student: Pupil[Network]
    coach: Pupil[Network]
    batch: Batch
    pool: PoolBatch

    @property
    def recipe(self) -> Recipe:
        return self.student.recipe


@dataclass(frozen=True)
class Piece:
    """A part of a lesson's films, with what the teacher said of the pool's."""

    batch: Batch
    pool: PoolBatch
    told: Told


def meta_step(learner: Learner, batch: Batch, pool_weight: float) -> Losses[float]:
    """One step of the student, then one of the teacher (``learner.coach``).

    Returns the student's losses of human truth after its step (what the method descends, eq. 1) and, as that of the
    pool, its loss of the teacher's labels. ``pool_weight`` is the weight of the teacher's UDA. Raises InvalidInput when
    a loss is no number. When memory runs out, what is cut smaller and done again is the student's step, its look at the
    truth or the teacher's step: none of them twice.
    """
    assert learner.coach is not None
    assert batch.pool is not None
    lesson, films = Lesson(learner.pupil, learner.coach, batch, batch.pool), min(len(batch.films), len(batch.pool.weak))
    told, before, lost = learner.in_pieces(films, partial(_teach_student, lesson))
    after = learner.in_pieces(films, partial(_on_truth, lesson))
    helped = torch.as_tensor(learner.fabric.all_reduce(before.loss - after.loss, reduce_op="mean"))
    learner.in_pieces(films, partial(_teach_coach, lesson, told, pool_weight, helped))
    learner.follow()
    return replace(as_numbers(after), pool_loss=lost)


def _teach_student(lesson: Lesson, count: int) -> tuple[Told, Losses[Tensor], float]:
    """The student's step by the teacher's hard labels on the strong view (eq. 2), in ``count`` pieces.

    Returns those labels, the student's losses of the truth before the step, and its loss of the labels.
    """
    said = [tell(lesson.recipe, lesson.coach.network, weak) for weak in lesson.pool.weak.chunk(count)]
    told = Told(torch.cat([one.masks for one in said]), torch.cat([one.presence for one in said]))
    pieces = _pieces(lesson, told, count)

    def losses_of(number: int) -> Losses[Tensor]:
        masks, presence = lesson.student.network(pieces[number].pool.strong[0])
        return supervised(lesson.recipe, masks.float(), presence.float(), _hard(pieces[number].told))

    lost = lesson.student.gather(count, losses_of)
    # Both looks stand after the student's forward, so that BatchNorm's statistics are the same in both.
    before = _on_truth(lesson, count)
    lesson.student.descend()
    return told, before, lost.loss


def _on_truth(lesson: Lesson, count: int) -> Losses[Tensor]:
    """The student's losses of what people labelled, without noise and without a gradient: a pseudo label in the batch
    must not judge the teacher. Films pass in ``count`` pieces; the losses are the whole batch's, so that a look in more
    pieces can be held against one in fewer."""
    said = [without_noise(lesson.recipe, lesson.student.network, films) for films in lesson.batch.films.chunk(count)]
    masks, presence = (torch.cat(part) for part in zip(*said, strict=True))
    known = lesson.batch.targets
    return supervised(lesson.recipe, masks, presence, replace(known, weights=known.weights * ~known.machine))


def _teach_coach(lesson: Lesson, told: Told, pool_weight: float, helped: Tensor, count: int) -> None:
    """The teacher's step: its own labelled films, its UDA, and h × its cross-entropy of its labels (eq. 12): where they
    ``helped`` the student (h > 0) it becomes surer of them, where they harmed less sure."""
    recipe, pieces = lesson.recipe, _pieces(lesson, told, count)

    def losses_of(number: int) -> Losses[Tensor]:
        one = pieces[number]
        counts = [len(one.batch.films), len(one.pool.weak), len(one.pool.weak)]
        out = lesson.coach.network(torch.cat([one.batch.films, one.pool.weak, one.pool.strong[0]]))
        (masks, weak_masks, strong_masks), (presence, weak, strong) = (part.float().split(counts) for part in out)
        known = supervised(recipe, masks, presence, one.batch.targets)
        loss = known.loss + pool_weight * told_cross_entropy(recipe, strong_masks, strong, one.told)
        return replace(known, loss=loss + helped * _own_cross_entropy(recipe, weak_masks, weak, one.told))

    lesson.coach.gather(count, losses_of)
    lesson.coach.descend()


def _own_cross_entropy(recipe: Recipe, masks: Tensor, presence: Tensor, told: Told) -> Tensor:
    """CE(ŷ, T(x)) of eq. 12: mean over presences and over pixels, weighted as in the supervised loss."""
    hard = _hard(told)
    return weighted(
        recipe,
        F.binary_cross_entropy_with_logits(presence, hard.presence),
        F.binary_cross_entropy_with_logits(masks, hard.masks),
    )


def _hard(told: Told) -> Targets:
    """The teacher's labels ŷ as targets that a machine made."""
    presence = (told.presence >= 0.5).float()
    weights = torch.ones_like(presence)
    return Targets((told.masks >= 0.5).float(), presence, weights, weights.bool())


def _pieces(lesson: Lesson, told: Told, count: int) -> list[Piece]:
    """The lesson's films and labels in pieces, every ``count``-th row each, at most as many as either has rows."""
    films, targets, pool = lesson.batch.films, lesson.batch.targets, lesson.pool
    pieces = []
    for first in range(count):
        own = slice(first, None, count)
        part = PoolBatch(pool.weak[own], (pool.strong[0][own], pool.strong[1][own]), pool.cut[:, own])
        known = Targets(targets.masks[own], targets.presence[own], targets.weights[own], targets.machine[own])
        pieces.append(Piece(Batch(films[own], known, part), part, Told(told.masks[own], told.presence[own])))
    return pieces
