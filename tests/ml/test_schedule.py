"""What a recipe says of each moment: known values of step size and weight, and looks that end with the training."""

from dataclasses import replace

import pytest

from overread.domain.learning.recipe.parts import Pool
from overread_worker.ml.schedule import LOOKS, pool_weight_at, rate_at, scores_after
from tests.ml.films import TINY


def test_the_step_size_warms_up_and_goes_down_a_cosine() -> None:
    recipe = replace(TINY, warm_up=0.2, schedule="cosine", learning_rate=0.1)
    assert [rate_at(recipe, done) for done in (0.0, 0.1, 0.2)] == pytest.approx([0.0, 0.05, 0.1])
    assert rate_at(recipe, 0.6) == pytest.approx(0.05)
    assert rate_at(recipe, 1.0) == pytest.approx(0.0, abs=1e-9)
    assert rate_at(TINY, 0.9) == TINY.learning_rate
    pool = replace(TINY, pool=Pool("uda", weight=2.0, ramp=0.5))
    assert pool_weight_at(pool, 0.0) == pytest.approx(2 * 2.718281828**-5)
    assert pool_weight_at(pool, 0.5) == pool_weight_at(pool, 1.0) == 2.0


@pytest.mark.parametrize("epochs", [1, 5, 8, 12, 50])
def test_development_films_are_scored_some_times_and_after_the_last_epoch(epochs: int) -> None:
    scored = [epoch for epoch in range(epochs) if scores_after(replace(TINY, epochs=epochs), epoch)]
    assert scored[-1] == epochs - 1
    assert min(epochs, LOOKS) <= len(scored) < 2 * LOOKS
