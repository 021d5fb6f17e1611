"""One way to find an iteration, and one to move it."""

import pytest

from overread.domain.errors import Conflict, NotFound
from overread.services.loop.iterations import cancel_iteration
from overread.services.stages import get_iteration, move_stage
from tests.loop import Loop


def test_who_waited_for_an_iteration_has_it_as_it_is_now(loop: Loop) -> None:
    iteration = loop.launch()
    with loop.database.transaction() as waiting:
        seen = get_iteration(waiting, iteration.id)
        assert seen.stage == "training"
        with loop.database.transaction() as other:
            cancel_iteration(other, iteration.id)
        assert get_iteration(waiting, iteration.id, lock=True) is seen
        assert seen.stage == "cancelled"
        with pytest.raises(Conflict, match="cancelled cannot become closed"):
            move_stage(waiting, seen, "closed")
        with pytest.raises(NotFound):
            get_iteration(waiting, iteration.id + 1, lock=True)
