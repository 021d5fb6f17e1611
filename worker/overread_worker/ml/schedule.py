"""What a recipe says of each moment of a training: step size, the pool's weight, when to score, which weights to keep.

A moment is the share (0…1) of the training that is done, or an epoch.
"""

import math

from overread.domain.learning.recipe import Recipe

LOOKS = 8  # development films are scored this often in a training: often enough for a curve, cheap enough for a CPU


def rate_at(recipe: Recipe, done: float) -> float:
    """The step size: linear warm-up, then constant or half a cosine."""
    if done < recipe.warm_up:
        return recipe.learning_rate * (done / recipe.warm_up)
    if recipe.schedule == "constant":
        return recipe.learning_rate
    left = (done - recipe.warm_up) / max(1 - recipe.warm_up, 1e-9)
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * min(left, 1)))


def pool_weight_at(recipe: Recipe, done: float) -> float:
    """The weight of the pool's loss: rising over the ramp as exp(−5(1−x)²) (Mean Teacher, Tarvainen, 2017)."""
    x = 1.0 if recipe.pool.ramp == 0 else min(done / recipe.pool.ramp, 1.0)
    return recipe.pool.weight * math.exp(-5 * (1 - x) ** 2)


def scores_after(recipe: Recipe, epoch: int) -> bool:
    """Whether development films are scored after an epoch: the last one, and some on the way."""
    return (epoch + 1) % max(1, recipe.epochs // LOOKS) == 0 or epoch + 1 == recipe.epochs


def snapshot_epochs(recipe: Recipe) -> list[int]:
    """The epochs after which earlier checkpoints are kept (ST++): evenly over the training, its end apart."""
    count = recipe.labelling.stability
    return [max(0, round(recipe.epochs * (k + 1) / (count + 1)) - 1) for k in range(count)]
