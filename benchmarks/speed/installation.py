"""A small installation to label in: its own Postgres, phantom films in its pool, networks that were never trained."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, select

from benchmarks.speed.films import FINDINGS
from overread.db.session import Database, migrate
from overread.db.tables import Account, Image, Iteration, Job, Labelling, MemberMask, ProbabilityMap, PseudoLabel, Run
from overread.domain.json_value import JsonValue
from overread.domain.learning.recipe import Recipe
from overread.domain.policy.plan import Plan
from overread.embedded import embedded
from overread.services.films.imports import import_source
from overread.services.films.projects import NewSource, create_project, create_source
from overread.services.jobs import claim_job, finish_job
from overread.services.labelling.recording import ShardImage, shard_images
from overread.services.loop.iterations import advance_iteration, launch_iteration
from overread.settings import Settings
from overread.storage import BlobStore
from overread_worker.ml.checkpoint import save_network
from overread_worker.ml.network import build
from overread_worker.tasks.context import JobContext


@dataclass(frozen=True)
class Installation:
    """A labelling job on its context, with the films and the networks that it needs."""

    context: JobContext
    labelling_id: int
    films: list[ShardImage]
    runs: list[Run]

    def forget(self) -> None:
        """Undo what labelling wrote, files included, so that the next time nothing is there already; masks stay, no row
        of theirs may ever go."""
        with self.context.database.transaction() as session:
            stored = session.scalars(select(ProbabilityMap.sha256)).all()
            for table in (MemberMask, PseudoLabel, ProbabilityMap):
                session.execute(delete(table))
        for sha256 in set(stored):
            self.context.blobs.path(sha256).unlink()


@contextmanager
def open_installation(settings: Settings, recipes: Sequence[Recipe], films: int, size: int) -> Iterator[Installation]:
    """In an empty database with all tables: a pool of ``films`` films of size × size, and a running job that labels it
    with a network of each recipe."""
    database, blobs = Database(settings.database_url, pool_size=2), BlobStore(settings.blob_folder)
    try:
        iteration = _launch(database, blobs, recipes, films, size)
        yield _open(settings, database, blobs, iteration, recipes)
    finally:
        database.engine.dispose()


@contextmanager
def private_settings(folder: Path) -> Iterator[Settings]:
    """An installation in ``folder`` with servers of its own."""
    with embedded(folder / "servers") as servers:
        migrate(servers.database_url)
        yield Settings(
            database_url=servers.database_url, redis_url=servers.redis_url, data_folder=folder / "data", secret="s" * 32
        )


def _launch(database: Database, blobs: BlobStore, recipes: Sequence[Recipe], films: int, size: int) -> Iteration:
    with database.transaction() as session:
        project, account = create_project(session, "speed", FINDINGS), Account(name="nobody", role="admin")
        session.add(account)
        options: dict[str, dict[str, JsonValue]] = {
            "labelled": {"count": 4, "size": 32, "shares": {"train": 0.5, "development": 0.5}},
            "pool": {"count": films, "size": size},
        }
        sources = [
            create_source(session, project.id, NewSource(role, "phantom", role, "made here", options=own))
            for role, own in options.items()
        ]
        session.flush()
        project_id, account_id = project.id, account.id
    for source in sources:
        import_source(database, blobs, source.id)
    plan = Plan(recipes=tuple(recipes))
    return launch_iteration(database, blobs, project_id, plan, account_id)


def _open(
    settings: Settings, database: Database, blobs: BlobStore, iteration: Iteration, recipes: Sequence[Recipe]
) -> Installation:
    """As if training were over: each run has its checkpoint, and a worker has claimed the job that labels."""
    with database.transaction() as session:
        runs = list(session.scalars(select(Run).where(Run.iteration_id == iteration.id).order_by(Run.position)))
        for run, recipe in zip(runs, recipes, strict=True):
            path = settings.data_folder / f"{run.position}.safetensors"
            save_network(build(recipe, len(FINDINGS)), recipe, FINDINGS, path)
            run.checkpoint_sha256 = blobs.put(path.read_bytes())
            claimed = claim_job(session, run.job_id or 0, "speed", 3600)
            if claimed is not None:
                finish_job(session, claimed.id, claimed.fence)
        session.flush()
        advance_iteration(session, iteration.id)
        session.flush()
        labelling = session.scalars(select(Labelling.id).where(Labelling.iteration_id == iteration.id)).one()
        waiting = session.scalars(select(Job.id).where(Job.kind == "label", Job.iteration_id == iteration.id)).one()
        job = claim_job(session, waiting, "speed", 3600)
        if job is None:
            raise RuntimeError("the labelling job was claimed by somebody else")
        ids = session.scalars(select(Image.id).where(Image.split == "pool").order_by(Image.id)).all()
        films = shard_images(session, iteration.project_id, ids[0], ids[-1])
    return Installation(JobContext(settings, database, blobs, job), labelling, films, runs)
