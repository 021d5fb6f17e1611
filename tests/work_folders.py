"""Work folders as a training leaves them, a recipe whose training takes a second, and a worker that does all jobs."""

from pathlib import Path
from typing import Any

from sqlalchemy import select

from overread.db.tables import Iteration, Job, Run
from overread.domain.words import JobState
from overread.services.jobs import claim_job
from overread.settings import Settings
from overread_worker.tasks.__main__ import run
from tests.loop import Loop

TINY: dict[str, Any] = {
    "name": "tiny", "network": "small-unet", "width": 4, "size": 32, "epochs": 2, "batch": 8, "learning_rate": 0.01,
    "dropout": 0.0, "augment": {"policy": "none"},
    # Untrained networks are sure of nothing: here each film is decided nevertheless.
    "labelling": {"tau_pos": 0.5, "tau_neg": 0.49, "tau_mask": 0.3, "min_area": 0},
}  # fmt: skip


def lay(settings: Settings, name: str) -> Path:
    """A work folder as a training of the first epoch leaves it."""
    folder = settings.data_folder / "work" / name
    (folder / "training").mkdir(parents=True)
    (folder / "training" / "films.npy").write_bytes(b"films")
    (folder / "state.safetensors").write_bytes(b"state")
    return folder


def end(loop: Loop, iteration: Iteration, state: JobState) -> int:
    """Put the iteration and its one run into a state; the run's number."""
    with loop.database.transaction() as session:
        run = session.scalars(select(Run).where(Run.iteration_id == iteration.id)).one()
        session.get_one(Job, run.job_id).state = state
        session.get_one(Iteration, iteration.id).stage = state if state in ("failed", "cancelled") else "training"
        return run.id


def work(loop: Loop, settings: Settings) -> list[str]:
    """Do what is queued, and what follows from it, as a worker's process does; the kinds of jobs in their order."""
    kinds: list[str] = []
    while True:
        with loop.database.transaction() as session:
            waiting = session.scalars(select(Job.id).where(Job.state == "queued").order_by(Job.id).limit(1)).first()
            job = None if waiting is None else claim_job(session, waiting, "test", 600)
        if job is None:
            return kinds
        assert run(settings, job.id, job.fence) == 0
        with loop.database.transaction() as session:
            done = session.get_one(Job, job.id)
            assert (done.kind, done.state, done.error) == (done.kind, "done", None)
            kinds.append(done.kind)
