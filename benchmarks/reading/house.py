"""A real installation to read in: its own Postgres, phantom films with five masks each, an audit, the web on a port."""

import secrets
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.app import create_app
from backend.db.session import Database, migrate
from backend.db.tables import Account, AuditCase, Image, Iteration, Job, Labelling, Run
from backend.embedded import embedded
from backend.services import accounts
from backend.services.draws import open_audit
from backend.services.imports import import_source
from backend.services.iterations import advance_iteration, launch_iteration
from backend.services.jobs import claim_job, finish_job
from backend.services.labellings import LabelledImage, Proposal, record_labels
from backend.services.launches import Launch
from backend.services.projects import NewSource, create_project, create_source
from backend.settings import Settings
from backend.storage import BlobStore

FINDINGS = ["consolidation", "pneumothorax", "fibrosis", "pleural_effusion", "nodule"]
MAP = 256  # pixels a side of a probability map, as networks of the study leave them
PLAN: dict[str, Any] = {"recipes": ["demo-teacher-a"], "alpha": 0.5, "min_reads": 1, "measure": 1}


@dataclass(frozen=True)
class Stack:
    """The service on its port, and where its films are."""

    url: str
    database: Database
    audits: dict[int, int]  # by the films' size, the audit that reads them

    def invite(self) -> str:
        """A one-time link for a new reader."""
        with self.database.transaction() as session:
            return f"{self.url}/sign-in#now={accounts.invite(session, f'reader {time.monotonic_ns()}', 'reader')}"

    def cases(self, size: int) -> list[int]:
        """The open cases of films of this size, in the order that they are handed out in."""
        with self.database.transaction() as session:
            query = select(AuditCase.id).where(AuditCase.audit_id == self.audits[size], ~AuditCase.done)
            return list(session.scalars(query.order_by(AuditCase.position)))


@contextmanager
def open_stack(folder: Path, films: dict[int, int]) -> Iterator[Stack]:
    """Servers of its own in ``folder``, an audit of ``films[size]`` films for each size, the service on a free port."""
    with embedded(folder / "servers") as servers:
        migrate(servers.database_url)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        settings = Settings(
            database_url=servers.database_url,
            redis_url=servers.redis_url,
            data_folder=folder / "data",
            secret=secrets.token_urlsafe(32),
            port=port,
        )
        database, blobs = Database(settings.database_url, pool_size=4), BlobStore(settings.blob_folder)
        try:
            audits = {size: make_audit(database, blobs, size, count) for size, count in films.items()}
            with serving(settings, port):
                yield Stack(settings.public_url, database, audits)
        finally:
            database.engine.dispose()


@contextmanager
def serving(settings: Settings, port: int) -> Iterator[None]:
    config = uvicorn.Config(create_app(settings), host="127.0.0.1", port=port, log_level="critical")
    config.timeout_graceful_shutdown = 1
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield
    server.should_exit = True
    thread.join()


def make_audit(database: Database, blobs: BlobStore, size: int, count: int) -> int:
    """A project of its own: trained by nobody, labelled with a blob a finding, every finding of every film to read."""
    with database.transaction() as session:
        project, account = (
            create_project(session, f"films of {size} px", FINDINGS),
            Account(name=f"{size}", role="admin"),
        )
        session.add(account)
        labelled = {"count": 4, "size": 32, "shares": {"train": 0.5, "development": 0.5}}
        sources = [
            create_source(session, project.id, NewSource(role, "phantom", role, "made here", options=options))
            for role, options in (("labelled", labelled), ("pool", {"count": count, "size": size, "prevalence": 0.0}))
        ]
        session.flush()
        project_id, account_id, ids = project.id, account.id, [source.id for source in sources]
    for source_id in ids:
        import_source(database, blobs, source_id)
    iteration = launch_iteration(database, blobs, project_id, Launch(**PLAN, fix=5 * count), account_id)
    finish(database, iteration, "train")
    with database.transaction() as session:
        labelling = session.scalars(select(Labelling).where(Labelling.iteration_id == iteration.id)).one()
        for run in session.scalars(select(Run).where(Run.iteration_id == iteration.id)):
            run.parameters, run.seconds = 77_186, 1.0
        record_labels(session, blobs, labelling.id, [labels_of(image) for image in pool_of(session, project_id)])
    finish(database, iteration, "label")
    finish(database, iteration, "evaluate")
    with database.transaction() as session:
        audit = open_audit(session, session.get_one(Iteration, iteration.id), labelling.id)
    finish(database, iteration, "audit")
    return audit.id


def pool_of(session: Session, project_id: int) -> Sequence[Image]:
    query = select(Image).where(Image.split == "pool", Image.project_id == project_id)
    return session.scalars(query.order_by(Image.id)).all()


def finish(database: Database, iteration: Iteration, kind: str) -> None:
    """Claim, do nothing, finish: what a worker does, without the work."""
    with database.transaction() as session:
        jobs = select(Job).where(Job.kind == kind, Job.iteration_id == iteration.id, Job.state == "queued")
        for job in session.scalars(jobs).all():
            claimed = claim_job(session, job.id, "bench", 3600)
            if claimed is not None:
                finish_job(session, claimed.id, claimed.fence)
        advance_iteration(session, iteration.id)


def labels_of(image: Image) -> LabelledImage:
    """Five findings, each a lobed blob of its own, and the maps that such masks are cut from."""
    rng = np.random.default_rng(image.id)
    proposals, maps = [], []
    for finding in FINDINGS:
        x, y, radius = rng.uniform(0.25, 0.75), rng.uniform(0.25, 0.75), rng.uniform(0.06, 0.16)
        depth = radius * image.height - distance(image.height, image.width, x, y)
        proposals.append(Proposal(finding, "positive", 0.9, 0.8, 0.01, rng.random(), 0.8, None, depth >= 0))
        small = radius * MAP - distance(MAP, MAP, x, y)
        maps.append(np.uint8(255) * (1 / (1 + np.exp(-small / 6))))
    return LabelledImage(image.id, np.stack(maps).astype(np.uint8), {}, proposals)


def distance(height: int, width: int, x: float, y: float) -> NDArray[np.floating[Any]]:
    """Pixels from a point (shares of the film), wavy around it: (height, width)."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    dx, dy = columns - x * width, rows - y * height
    wave = 1 + 0.15 * np.sin(5 * np.arctan2(dy, dx))
    return np.asarray(np.hypot(dx, dy) / wave)
