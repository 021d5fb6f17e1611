"""Meta Pseudo Labels (Pham et al., 2021): a teacher that learns from what its labels did to the student.

Equations are the paper's: the student's step (2), the teacher's gradient with its feedback h (12, appendix A), the
teacher's supervised and UDA losses beside it (appendix B, algorithm 1). Where this differs:

- A label is what the teacher finds likelier (≥ ½), per pixel and presence, rather than a draw: masks drawn pixel by
  pixel would be noise.
- h is the student's loss of labelled films before its step less that after it, which is (12)'s η·(dot product) to
  first order for plain descent, and what the step did for Adam; it is not centred by a running mean.
- The labels are made on the weak view, without noise, and the teacher's likelihood of them is taken there too.
"""

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn import functional as F

from overread.domain.learning.recipe import Recipe
from overread_worker.ml.consistency import Told, tell, told_cross_entropy, without_noise
from overread_worker.ml.learner import Coach, Learner, descend, in_pieces
from overread_worker.ml.loader import Batch, PoolBatch
from overread_worker.ml.losses import Targets, refuse_nan, supervised, weighted

Piece = tuple[Batch, PoolBatch, Told]


def meta_step(fabric: Fabric, learner: Learner, recipe: Recipe, batch: Batch, pool_weight: float) -> dict[str, float]:
    """One step of the student, then one of the teacher (``learner.coach``).

    Returns the student's ``loss`` of human truth after its step (what the method descends, eq. 1), its parts ``class``
    and ``mask``, and ``pool``, its loss of the teacher's labels. ``pool_weight`` is the weight of the teacher's UDA.
    Raises InvalidInput when a loss is no number. When memory runs out, what is cut smaller and done again is the
    student's step, its look at the truth or the teacher's step: none of them twice.
    """
    coach, pool = learner.coach, batch.pool
    assert coach is not None
    assert pool is not None
    films = min(len(batch.films), len(pool.weak))
    told, before, lost = in_pieces(
        learner, recipe, films, lambda count: _teach_student(fabric, learner, coach, recipe, batch, pool, count)
    )
    after = in_pieces(learner, recipe, films, lambda count: _on_truth(learner.network, recipe, batch, count))
    feedback = torch.as_tensor(fabric.all_reduce(before["loss"] - after["loss"], reduce_op="mean"))
    in_pieces(
        learner,
        recipe,
        films,
        lambda count: _teach_coach(fabric, coach, recipe, _pieces(batch, pool, told, count), pool_weight, feedback),
    )
    if learner.average is not None:
        learner.average.update_parameters(learner.raw)
    return {name: value.item() for name, value in after.items()} | {"pool": lost}


def _teach_student(
    fabric: Fabric, learner: Learner, coach: Coach, recipe: Recipe, batch: Batch, pool: PoolBatch, count: int
) -> tuple[Told, dict[str, Tensor], float]:
    """The student's step by the teacher's hard labels on the strong view (eq. 2), in ``count`` pieces.

    Returns those labels, the student's losses of the truth before the step, and its loss of the labels.
    """
    said = [tell(recipe, coach.network, weak) for weak in pool.weak.chunk(count)]
    told = Told(torch.cat([one.masks for one in said]), torch.cat([one.presence for one in said]))
    pieces, lost = _pieces(batch, pool, told, count), 0.0
    learner.optimizer.zero_grad(set_to_none=True)
    for number, (_, seen, own) in enumerate(pieces):
        with fabric.no_backward_sync(learner.network, enabled=number + 1 < len(pieces)):  # type: ignore[arg-type]
            masks, presence = learner.network(seen.strong[0])
            loss = weighted(recipe, supervised(recipe, masks.float(), presence.float(), _hard(own)))
            refuse_nan(recipe, loss)
            fabric.backward(loss / len(pieces))
        lost += loss.item() / len(pieces)
    # Both looks stand after the student's forward, so that BatchNorm's statistics are the same in both.
    before = _on_truth(learner.network, recipe, batch, count)
    descend(fabric, learner.network, learner.optimizer, recipe)
    return told, before, lost


def _on_truth(student: nn.Module, recipe: Recipe, batch: Batch, count: int) -> dict[str, Tensor]:
    """The student's ``loss``, ``class`` and ``mask`` of what people labelled, without noise and without a gradient: a
    pseudo label in the batch must not judge the teacher. Films pass in ``count`` pieces; the losses are the whole
    batch's, so that a look in more pieces can be held against one in fewer."""
    said = [without_noise(recipe, student, films) for films in batch.films.chunk(count)]
    masks, presence = (torch.cat(part) for part in zip(*said, strict=True))
    known = batch.targets
    human = Targets(known.masks, known.presence, known.weights * ~known.machine, known.machine)
    losses = supervised(recipe, masks, presence, human)
    return losses | {"loss": weighted(recipe, losses)}


def _teach_coach(
    fabric: Fabric, coach: Coach, recipe: Recipe, pieces: list[Piece], pool_weight: float, feedback: Tensor
) -> None:
    """The teacher's step: its own labelled films, its UDA, and h × its cross-entropy of its labels (eq. 12): where they
    helped the student (h > 0) it becomes surer of them, where they harmed less sure."""
    coach.optimizer.zero_grad(set_to_none=True)
    for number, (batch, pool, said) in enumerate(pieces):
        counts = [len(batch.films), len(pool.weak), len(pool.weak)]
        with fabric.no_backward_sync(coach.network, enabled=number + 1 < len(pieces)):  # type: ignore[arg-type]
            out = coach.network(torch.cat([batch.films, pool.weak, pool.strong[0]]))
            (masks, weak_masks, strong_masks), (presence, weak, strong) = (one.float().split(counts) for one in out)
            loss = weighted(recipe, supervised(recipe, masks, presence, batch.targets))
            loss = loss + pool_weight * told_cross_entropy(recipe, strong_masks, strong, said)
            loss = loss + feedback * _own_cross_entropy(recipe, weak_masks, weak, said)
            refuse_nan(recipe, loss)
            fabric.backward(loss / len(pieces))
    descend(fabric, coach.network, coach.optimizer, recipe)


def _own_cross_entropy(recipe: Recipe, masks: Tensor, presence: Tensor, told: Told) -> Tensor:
    """CE(ŷ, T(x)) of eq. 12: mean over presences and over pixels, weighted as in the supervised loss."""
    hard = _hard(told)
    return weighted(
        recipe,
        {
            "class": F.binary_cross_entropy_with_logits(presence, hard.presence),
            "mask": F.binary_cross_entropy_with_logits(masks, hard.masks),
        },
    )


def _hard(told: Told) -> Targets:
    """The teacher's labels ŷ as targets that a machine made."""
    presence = (told.presence >= 0.5).float()
    weights = torch.ones_like(presence)
    return Targets((told.masks >= 0.5).float(), presence, weights, weights.bool())


def _pieces(batch: Batch, pool: PoolBatch, told: Told, count: int) -> list[Piece]:
    """Batch, pool films and their labels in pieces, every ``count``-th row each, at most as many as either has rows."""
    targets = batch.targets
    pieces = []
    for first in range(count):
        own = slice(first, None, count)
        part = PoolBatch(pool.weak[own], (pool.strong[0][own], pool.strong[1][own]), pool.cut[:, own])
        known = Targets(targets.masks[own], targets.presence[own], targets.weights[own], targets.machine[own])
        pieces.append((Batch(batch.films[own], known, part), part, Told(told.masks[own], told.presence[own])))
    return pieces
