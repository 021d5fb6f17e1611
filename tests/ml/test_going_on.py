"""A student that begins at its teacher's weights."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from overread.domain.errors import InvalidInput
from overread.domain.learning.recipe.parts import Pseudo
from overread_worker.ml.checkpoint import load_network
from overread_worker.ml.learner import Lineage
from tests.ml.films import TINY, data_of, run


def test_a_student_may_go_on_from_its_teacher_where_both_are_built_alike(tmp_path: Path) -> None:
    data = data_of(tmp_path)
    teacher = run(replace(TINY, epochs=2), tmp_path / "teacher", data).checkpoint
    there = replace(data, lineage=Lineage(teacher=teacher))
    going_on = replace(TINY, epochs=1, from_teacher=True, learning_rate=1e-12, seed=7)
    taught, _, _ = load_network(teacher)
    student, _, _ = load_network(run(going_on, tmp_path / "student", there).checkpoint)
    after = student.state_dict()
    assert all(torch.allclose(value, after[name], atol=1e-6) for name, value in taught.state_dict().items())
    two_heads = replace(going_on, pseudo=Pseudo(own_head=True))
    run(two_heads, tmp_path / "two-heads", there)
    anew, _, _ = load_network(run(replace(going_on, from_teacher=False), tmp_path / "anew", there).checkpoint)
    assert not torch.allclose(next(anew.parameters()), next(taught.parameters()))
    with pytest.raises(InvalidInput, match="built in another way"):
        run(replace(going_on, width=TINY.width + 4), tmp_path / "wider", there)
    with pytest.raises(InvalidInput, match="none yet"):
        run(going_on, tmp_path / "alone", data)
