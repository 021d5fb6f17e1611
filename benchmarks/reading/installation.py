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

import cv2
import numpy as np
import uvicorn
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from overread.app import create_app
from overread.datasets.phantoms.phantom import make_film, phantom_of
from overread.db.session import Database, migrate
from overread.db.tables import Account, AuditCase, Image, Iteration, Job, Labelling, Run
from overread.domain.imaging.masks import Rle
from overread.domain.json_value import JsonValue
from overread.domain.policy.plan import Plan
from overread.embedded import embedded
from overread.recipes import read
from overread.services.audit.draw import open_audit
from overread.services.films.imports import import_source
from overread.services.films.projects import NewSource, create_project, create_source
from overread.services.jobs import claim_job, finish_job
from overread.services.labelling.recording import LabelledImage, Proposal, record_labels
from overread.services.loop.iterations import advance_iteration, launch_iteration
from overread.services.people import accounts
from overread.settings import Settings
from overread.storage import BlobStore

FINDINGS = ["consolidation", "pneumothorax", "fibrosis", "pleural_effusion", "nodule"]
MAP = 256  # pixels a side of a probability map, as networks of the study leave them
# Every film is read once, by one reader, with its masks shown.
PLAN: dict[str, Any] = {"alpha": 0.5, "min_reads": 1, "measure": 1, "sentinel": 0, "holdout": 0, "second": 0.0}
PLAN |= {"fix_by": "risk"}  # every label of every film


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
            audits = {
                size: make_audit(database, blobs, write_films(folder / f"films {size}", count, size), size)
                for size, count in films.items()
            }
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
        assert thread.is_alive(), f"port {port} is taken"
        time.sleep(0.05)
    try:
        yield
    finally:  # a thread that still served would outlive the run that went wrong
        server.should_exit = True
        thread.join()


def make_audit(database: Database, blobs: BlobStore, films: Path, size: int) -> int:
    """A project of its own: trained by nobody, labelled with a blob a finding, every finding of every film to read."""
    with database.transaction() as session:
        project = create_project(session, f"films of {size} px", FINDINGS, holdout=0.0)
        account = Account(name=f"{size}", role="admin")
        session.add(account)
        labelled: dict[str, JsonValue] = {"count": 4, "size": 32, "shares": {"train": 0.5, "development": 0.5}}
        sources = [
            create_source(session, project.id, NewSource("labelled", "phantom", "labelled", "-", options=labelled)),
            create_source(session, project.id, NewSource("pool", "folder", "pool", "-", path=str(films))),
        ]
        session.flush()
        project_id, account_id, ids = project.id, account.id, [source.id for source in sources]
    for source_id in ids:
        import_source(database, blobs, source_id)
    iteration = launch_iteration(
        database,
        blobs,
        project_id,
        Plan(recipes=(read("demo-teacher-a"),), **PLAN, fix=5 * len(list(films.iterdir()))),
        account_id,
    )
    finish(database, iteration, "train")
    with database.transaction() as session:
        labelling = session.scalars(select(Labelling).where(Labelling.iteration_id == iteration.id)).one()
        for run in session.scalars(select(Run).where(Run.iteration_id == iteration.id)):
            run.parameters, run.seconds = 77_186, 1.0
        record_labels(session, blobs, labelling.id, [labels_of(image) for image in pool_of(session, project_id)])
    finish(database, iteration, "label")
    finish(database, iteration, "evaluate")
    with database.transaction() as session:
        audit = open_audit(session, session.get_one(Iteration, iteration.id), labelling.id, nonce=iteration.id)
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
        x, y = rng.uniform(0.25, 0.75, 2)
        depth = blob(x, y, rng.uniform(0.06, 0.16))
        mask = cv2.resize(depth, (image.width, image.height)) >= 0
        proposals.append(Proposal(finding, "positive", 0.9, 0.8, 0.01, rng.random(), 0.8, None, Rle.of(mask)))
        maps.append(np.uint8(255) * (1 / (1 + np.exp(-depth / 6))))
    return LabelledImage(image.id, np.stack(maps).astype(np.uint8), {}, proposals)


def blob(x: float, y: float, radius: float) -> NDArray[np.float32]:
    """How deep a pixel of a map lies inside a lobed blob (shares of the map), negative outside: (MAP, MAP)."""
    rows, columns = np.mgrid[:MAP, :MAP].astype(np.float32)
    dx, dy = columns - x * MAP, rows - y * MAP
    wave = 1 + 0.15 * np.sin(5 * np.arctan2(dy, dx))
    return np.asarray(radius * MAP - np.hypot(dx, dy) / wave, np.float32)


def write_films(folder: Path, count: int, size: int) -> Path:
    """PNGs of a phantom's films, enlarged: a phantom of 2500 px takes seconds to make."""
    folder.mkdir(parents=True)
    dials = phantom_of({"count": count, "size": min(size, 256), "prevalence": 0.0})
    for n in range(count):
        pixels = np.asarray(make_film(dials, n)[0] * 255).clip(0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / f"film{n}_1.png"), cv2.resize(pixels, (size, size), interpolation=cv2.INTER_CUBIC))
    return folder
