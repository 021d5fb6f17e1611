"""What lies in work/ goes as soon as nothing needs it: by the state of the job, and whether it can be resumed."""

from pathlib import Path

import pytest
from sqlalchemy import select

from overread.db.tables import Encoder, Job, Run
from overread.domain.learning.recipe.values import from_mapping
from overread.services.loop.encoders import start_encoder
from overread.services.loop.iterations import resume_iteration
from overread.services.loop.work_folders import sweep
from overread.settings import Settings
from overread_worker.app import watch_job
from tests.loop import Loop
from tests.work_folders import TINY, end, lay


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        ("queued", {"films.npy", "state.safetensors"}),
        ("running", {"films.npy", "state.safetensors"}),
        ("failed", {"state.safetensors"}),
        ("cancelled", {"state.safetensors"}),
        ("done", set()),
    ],
)
def test_what_a_job_needs_in_its_state_is_kept_and_no_more(
    loop: Loop, settings: Settings, state: str, kept: set[str]
) -> None:
    run = end(loop, loop.launch(recipes=[TINY]), state)  # type: ignore[arg-type]
    folder, nobodys, foreign = (lay(settings, name) for name in (f"run-{run}", "run-999999", "mine"))
    sweep(loop.database, settings.data_folder)
    assert left(folder) == kept
    assert folder.exists() == bool(kept)
    assert not nobodys.exists()
    assert left(foreign) == {"films.npy", "state.safetensors"}


def test_the_state_of_an_iteration_that_another_replaced_goes_too(loop: Loop, settings: Settings) -> None:
    first = loop.launch(recipes=[TINY])
    run = end(loop, first, "cancelled")
    folder = lay(settings, f"run-{run}")
    sweep(loop.database, settings.data_folder)
    assert left(folder) == {"state.safetensors"}
    loop.launch(recipes=[TINY])
    sweep(loop.database, settings.data_folder)
    assert not folder.exists()


def test_what_is_resumed_at_the_moment_is_left_alone(loop: Loop, settings: Settings) -> None:
    iteration = loop.launch(recipes=[TINY])
    folder = lay(settings, f"run-{end(loop, iteration, 'failed')}")
    with loop.database.transaction() as session:
        resume_iteration(session, iteration.id)
        session.flush()
        sweep(loop.database, settings.data_folder)  # sees it failed still
        assert left(folder) == {"films.npy", "state.safetensors"}


def test_an_encoder_that_failed_is_never_resumed(loop: Loop, settings: Settings) -> None:
    recipe = from_mapping(TINY | {"start": {"method": "simclr", "epochs": 1, "batch": 8}})
    with loop.database.transaction() as session:
        encoder = start_encoder(session, loop.project_id, recipe)
    folder = lay(settings, f"encoder-{encoder.id}")
    sweep(loop.database, settings.data_folder)
    assert left(folder) == {"films.npy", "state.safetensors"}
    with loop.database.transaction() as session:
        session.get_one(Job, session.get_one(Encoder, encoder.id).job_id).state = "failed"
    sweep(loop.database, settings.data_folder)
    assert not folder.exists()


def test_a_training_that_is_done_leaves_nothing_behind(
    loop: Loop, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    iteration = loop.launch(recipes=[TINY])
    with loop.database.transaction() as session:
        run = session.scalars(select(Run).where(Run.iteration_id == iteration.id)).one()
    assert run.job_id is not None
    watch_job(settings, run.job_id)
    with loop.database.transaction() as session:
        checkpoint = session.get_one(Run, run.id).checkpoint_sha256
        assert checkpoint is not None
        assert loop.blobs.path(checkpoint).exists()
    assert list((settings.data_folder / "work").iterdir()) == []
