"""A small installation to test on: phantom sources, and labels written as a labelling job would, without a network."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sqlalchemy import select

from overread.datasets.phantoms.phantom import truth
from overread.db.session import Database
from overread.db.tables import Account, Image, Iteration, Job, Labelling, Project, Run, Source
from overread.domain.imaging.masks import Rle
from overread.domain.policy.plan import Plan
from overread.recipes import read
from overread.services.films import projects
from overread.services.films.imports import import_source
from overread.services.jobs import claim_job, finish_job
from overread.services.labelling.members import Teacher
from overread.services.labelling.recording import LabelledImage, Proposal, record_labels
from overread.services.loop.iterations import advance_iteration, launch_iteration
from overread.storage import BlobStore

POOL = {"count": 30, "size": 32, "seed": 3, "labelled": 0.5}
FINDINGS = ["consolidation", "pneumothorax", "fibrosis", "pleural_effusion", "nodule"]
PLAN: dict[str, Any] = {"recipes": ["demo-teacher-a"], "alpha": 0.4, "min_reads": 10, "measure": 12, "fix": 10}
PLAN |= {"fix_by": "risk"}  # what the tests of before were written for
PLAN |= {
    "sentinel": 0,
    "holdout": 0,
    "positives": 0,
    "keep_out": 0.0,
    "second": 0.0,
}  # what a test does not speak of takes no part

DRAW = 33  # the same draw each time; the film that comes first has a lesion of the first finding and no other


@dataclass
class Loop:
    """A project with labelled, external and pool films, and the steps that workers would take."""

    database: Database
    blobs: BlobStore
    project_id: int
    account_id: int

    def source(self, name: str, role: str, **options: Any) -> int:
        with self.database.transaction() as session:
            new = projects.NewSource(name, "phantom", role, "made here", options=options)
            source = projects.create_source(session, self.project_id, new)
        import_source(self.database, self.blobs, source.id)
        return source.id

    def launch(self, **changes: Any) -> Iteration:
        asked: dict[str, Any] = {
            name: tuple(told) if isinstance(told, list) else told for name, told in (PLAN | changes).items()
        }
        asked["recipes"] = tuple(read(recipe) for recipe in asked["recipes"])
        plan = Plan(**asked)
        return launch_iteration(self.database, self.blobs, self.project_id, plan, self.account_id)

    def run_job(self, kind: str, iteration_id: int) -> None:
        """Claim, do nothing, finish: what a worker does, without the work."""
        with self.database.transaction() as session:
            jobs = select(Job).where(Job.kind == kind, Job.iteration_id == iteration_id, Job.state == "queued")
            for job in session.scalars(jobs.order_by(Job.id)).all():
                claimed = claim_job(session, job.id, "test", 60)
                assert claimed is not None
                finish_job(session, job.id, claimed.fence)
            advance_iteration(session, iteration_id)

    def label(self, iteration: Iteration, wrong: float | Callable[[Image], float] = 0.0, stable: bool = False) -> None:
        """Train, then label the pool by its truth, wrong in this share of the labels (or of each film's); then open the
        audit. Several networks mark what the ensemble does, each as many pixels further right as its number.

        ``stable``: earlier checkpoints labelled as well, and agree more or less."""
        from overread.services.audit.draw import open_audit

        self.run_job("train", iteration.id)
        with self.database.transaction() as session:
            runs = session.scalars(select(Run).where(Run.iteration_id == iteration.id).order_by(Run.position)).all()
            for run in runs:
                run.parameters, run.seconds = 77_186, 1.0  # as many as the teacher of PLAN has
            labelling = session.scalars(select(Labelling).where(Labelling.iteration_id == iteration.id)).one()
            pool = session.scalars(
                select(Image).where(Image.split == "pool", Image.project_id == self.project_id).order_by(Image.id)
            ).all()
            rng = np.random.default_rng(0)
            shares = [wrong(image) if callable(wrong) else wrong for image in pool]
            films = [labelled(image, rng, share, stable) for image, share in zip(pool, shares, strict=True)]
            if len(runs) > 1:
                films = [beside(film, [Teacher(run.position + 1, f"{run.id:064x}") for run in runs]) for film in films]
            record_labels(session, self.blobs, labelling.id, films)
        self.run_job("label", iteration.id)
        self.run_job("evaluate", iteration.id)
        with self.database.transaction() as session:
            open_audit(session, session.get_one(Iteration, iteration.id), labelling.id, nonce=DRAW + iteration.id)
        self.run_job("audit", iteration.id)


def labelled(image: Image, rng: np.random.Generator, wrong: float, stable: bool = False) -> LabelledImage:
    """Labels by the phantom's truth; a wrong one says the opposite."""
    hidden = truth(POOL, image.file_name)
    proposals = []
    for finding in FINDINGS:
        mask, lies = hidden[finding], rng.random() < wrong
        if lies:
            mask = np.zeros_like(mask) if mask.any() else np.eye(len(mask), dtype=bool)
        decision = "positive" if mask.any() else "negative"
        presence, stability = 0.9 if mask.any() else 0.1, image.id % 10 / 10 if stable else None
        proposals.append(Proposal(finding, decision, presence, 0.8, 0.01, rng.random(), 0.8, stability, Rle.of(mask)))
    maps = np.stack([np.zeros((32, 32), bool) if p.mask is None else p.mask.pixels for p in proposals]) * np.uint8(230)
    return LabelledImage(image.id, maps, {}, proposals)


def beside(film: LabelledImage, teachers: list[Teacher]) -> LabelledImage:
    """The labels with the masks of these networks beside the ensemble's; of what is empty none is kept."""
    proposals = [
        replace(p, members=[Rle.of(np.roll(p.mask.pixels, teacher.number, axis=1)) for teacher in teachers])
        if p.mask is not None and not p.mask.is_empty
        else p
        for p in film.proposals
    ]
    return replace(film, proposals=proposals, teachers=teachers)


def make_loop(database: Database, blobs: BlobStore, holdout: float = 0.0) -> Loop:
    with database.transaction() as session:
        project = projects.create_project(session, "loop", FINDINGS, holdout=holdout)
        account = Account(name="reader one", role="admin")
        session.add(account)
        session.flush()
    loop = Loop(database, blobs, project.id, account.id)
    loop.source("hospital", "labelled", count=12, size=32, seed=1, shares={"train": 0.7, "development": 0.3})
    loop.source("pool", "pool", **POOL)
    return loop


__all__ = ["FINDINGS", "POOL", "Loop", "Project", "Source", "make_loop"]
