"""One way to find an iteration, and one to move it."""

import pytest

from overread.domain.errors import Conflict, NotFound
from overread.services.loop.iterations import cancel_iteration
from overread.services.stages import get_iteration, move_stage
from tests.loop import Loop


def test_who_waited_for_an_iteration_has_it_as_it_is_now(loop: Loop) -> None:
    iteration = loop.launch()
    with loop.database.transaction() as waiting:
        assert get_iteration(waiting, iteration.id).stage == "training"
        with loop.database.transaction() as other:
            cancel_iteration(other, iteration.id)
        assert get_iteration(waiting, iteration.id, lock=True).stage == "cancelled"
        with pytest.raises(Conflict, match="cancelled cannot become closed"):
            move_stage(waiting, get_iteration(waiting, iteration.id), "closed")
        with pytest.raises(NotFound):
            get_iteration(waiting, iteration.id + 1, lock=True)
