"""A seed's films in the product itself: imported into a private Postgres, launched, labelled, drawn, read and judged by
its own services. Trainings alone are the bench's: it keeps them by name, so that a run that was killed goes on.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.bias.readers import Reader, Reading
from benchmarks.speed.installation import private_settings
from benchmarks.study.films import read_items
from benchmarks.study.workbench import Trained, Workbench
from overread.datasets import READERS
from overread.datasets.reading import Entry, Film, Refusal
from overread.db.session import Database
from overread.db.tables import Account, Image, Iteration, Job, Labelling, Read, Run
from overread.domain.imaging.films import unpack_film
from overread.domain.imaging.masks import decode
from overread.domain.people import name_key
from overread.domain.policy.gate import Judgement
from overread.domain.policy.plan import Plan
from overread.services.audit.adjudication import adjudicate, audit_pairs
from overread.services.audit.audits import audit_of
from overread.services.audit.cases import describe_case
from overread.services.audit.draw import open_audit
from overread.services.audit.more import extend
from overread.services.audit.queue import claim_next
from overread.services.audit.reads import CaseRead, submit_read
from overread.services.audit.sample import population
from overread.services.films.imports import import_source
from overread.services.films.projects import NewSource, create_project, create_source
from overread.services.gate.judging import preview_gate
from overread.services.jobs import claim_job, finish_job
from overread.services.labelling.members import Teacher
from overread.services.labelling.recording import LabelledImage, Proposal, record_labels
from overread.services.loop.iterations import advance_iteration, launch_iteration
from overread.services.loop.training_sets import ManifestItem, freeze_training_set, manifest_items
from overread_worker.ml.dataset import TrainingItem
from overread_worker.ml.label import FilmLabels

LICENCE = "made here"
NAMES = ("first reader", "second reader", "judge", "engineer")
A_LONG_TIME = 86_400.0  # seconds


@dataclass
class Room:
    """One project of an installation, with the rows of the pool's films and the readers' accounts, by name."""

    bench: Workbench
    database: Database
    project_id: int
    films: Mapping[int, int]  # row in the pool by image id
    people: Mapping[str, int]
    saves: int = 0

    def launch(self, plan: Plan) -> int:
        """Launch an iteration as the API does; raises GateShut. Returns its id."""
        return launch_iteration(self.database, self.bench.sets.films, self.project_id, plan, self.people["engineer"]).id

    def training_set(self, iteration_id: int) -> list[ManifestItem]:
        """The iteration's frozen training set, pool films alone: the bench has the labelled ones."""
        with self.database.transaction() as session:
            return self._pool_items(session, session.get_one(Iteration, iteration_id).training_set_sha256)

    def reads(self) -> list[ManifestItem]:
        """What people said of pool films until now, as a training set holds it."""
        with self.database.transaction() as session:
            frozen = freeze_training_set(session, self.bench.sets.films, self.project_id, teacher=None)
            return self._pool_items(session, frozen.sha256)

    def _pool_items(self, session: Session, sha256: str) -> list[ManifestItem]:
        found = list(manifest_items(session, self.bench.sets.films, self.project_id, sha256))
        pool = {item.image.name for item in self.bench.sets.pool}
        return [item for item in found if item.image_sha256 in pool]

    def label(self, iteration_id: int, network: Trained, nonce: int) -> None:
        """Publish the network's labels as the workers' jobs do, and draw the audit."""
        films = self.bench.labels(network)
        with self.database.transaction() as session:
            run = session.scalars(select(Run).where(Run.iteration_id == iteration_id)).one()
            run.checkpoint_sha256 = self.bench.sets.films.put(network.checkpoint.read_bytes())
            run.parameters = network.parameters
            sha256 = run.checkpoint_sha256
        self._end_jobs(iteration_id)
        with self.database.transaction() as session:
            labelling = session.scalars(select(Labelling.id).where(Labelling.iteration_id == iteration_id)).one()
            ids = {row: image for image, row in self.films.items()}
            found = [_labelled(ids[row], film, Teacher(1, sha256)) for row, film in enumerate(films) if row in ids]
            record_labels(session, self.bench.sets.films, labelling, found)
        self._end_jobs(iteration_id)
        with self.database.transaction() as session:
            open_audit(session, session.get_one(Iteration, iteration_id), labelling, nonce)
        self._end_jobs(iteration_id)

    def read(self, iteration_id: int, readers: Mapping[str, Reader], reading: Reading) -> None:
        """Have the audit read to its end: each reader claims case after case and posts what the page showed them."""
        with self.database.transaction() as session:
            audit_id = audit_of(session, session.get_one(Iteration, iteration_id)).id
        waiting = True
        while waiting:  # a second look waits until somebody has the first
            turns = [self._read_all(audit_id, name, reader, reading) for name, reader in readers.items()]
            waiting = any(turns)
        self._settle(audit_id, readers["first reader"], reading)

    def ask(self, iteration_id: int, withheld: Sequence[str] = ()) -> Judgement:
        """What the gate says when the next launch asks."""
        with self.database.transaction() as session:
            return preview_gate(session, session.get_one(Iteration, iteration_id), list(withheld), judged=True)

    def population(self, iteration_id: int) -> dict[str, list[int]]:
        """Of each finding, the labels that the iteration's gate speaks of: rows of the pool."""
        with self.database.transaction() as session:
            found = population(session, audit_of(session, session.get_one(Iteration, iteration_id)))
        return {f: [self.films[int(image)] for image in found.units.image[rows]] for f, rows in found.rows.items()}

    def units_read(self) -> frozenset[tuple[str, str]]:
        """What people gave their word on: films, by the hash of their pixels, and findings."""
        with self.database.transaction() as session:
            query = select(Read.image_sha256, Read.finding).join(Image, Image.id == Read.image_id)
            rows = session.execute(query.where(Image.project_id == self.project_id)).all()
        return frozenset((sha256, finding) for sha256, finding in rows)

    def plant_more(self, iteration_id: int, plants: int) -> None:
        """Press the button of the clause that asks for more planted errors."""
        with self.database.transaction() as session:
            audit = audit_of(session, session.get_one(Iteration, iteration_id))
            extend(session, audit.id, "SENTINEL", None, plants, self.people["engineer"])

    def _read_all(self, audit_id: int, name: str, reader: Reader, reading: Reading) -> bool:
        account, some = self.people[name], False
        while True:
            with self.database.transaction() as session:
                case = claim_next(session, audit_id, account)
                if case is None:
                    return some
                some, self.saves = True, self.saves + 1
                shown = describe_case(session, case, account)
                verdicts, works = reader.say(self.films[case.image_id], shown)
                seconds = reading.spend(works, blind=shown.blind)
                said = CaseRead(shown.image.sha256, case.fence, case.version, seconds, verdicts)
                submit_read(session, case.id, account, f"save {self.saves}", said)

    def _settle(self, audit_id: int, reader: Reader, reading: Reading) -> None:
        """A third, careful reader decides wherever two differ."""
        with self.database.transaction() as session:
            disputed = [pair for pair in audit_pairs(session, audit_id) if pair.disputed and pair.judged is None]
            for pair in disputed:
                verdict, work = reader.decide(self.films[pair.image.id], pair)
                adjudicate(session, audit_id, pair.image.id, self.people["judge"], verdict, reading.spend([work]))

    def _end_jobs(self, iteration_id: int) -> None:
        with self.database.transaction() as session:
            waiting = select(Job.id).where(Job.iteration_id == iteration_id, Job.state == "queued").order_by(Job.id)
            for job_id in session.scalars(waiting).all():
                job = claim_job(session, job_id, "bench", A_LONG_TIME)
                if job is not None:
                    finish_job(session, job.id, job.fence)
            session.flush()
            advance_iteration(session, iteration_id)


@contextmanager
def open_installation(folder: Path) -> Iterator[Database]:
    """An empty database with all tables, served for as long as it is open."""
    with private_settings(folder) as settings:
        database = Database(settings.database_url, pool_size=2)
        try:
            yield database
        finally:
            database.engine.dispose()


def furnish(bench: Workbench, database: Database, name: str, holdout: float) -> Room:
    """A project of this name with the seed's labelled and pool films, imported as a user's are."""
    READERS["bench"] = _entries
    blobs = bench.sets.films
    with database.transaction() as session:
        project = create_project(session, name, list(bench.plan.findings), seed=bench.seed, holdout=holdout)
        people = {who: _account(session, who) for who in NAMES}
        place = bench.folder / "sets" / str(bench.seed)
        roles = {"labelled": ("labelled", {"shares": {"train": 1.0}}), "pool": ("pool", {})}
        sources = [
            create_source(
                session, project.id, NewSource(own, "bench", role, LICENCE, str(place), options=options | {"name": own})
            ).id
            for own, (role, options) in roles.items()
        ]
        project_id = project.id
    for source in sources:
        import_source(database, blobs, source)
    with database.transaction() as session:
        query = select(Image.id, Image.sha256).where(Image.project_id == project_id, Image.split == "pool")
        rows = {item.image.name: row for row, item in enumerate(bench.sets.pool)}
        films = {image_id: rows[sha256] for image_id, sha256 in session.execute(query)}
    return Room(bench, database, project_id, films, people)


def _account(session: Session, name: str) -> int:
    known = session.scalars(select(Account).where(Account.name_key == name_key(name))).one_or_none()
    if known is None:
        known = Account(name=name, role="admin")
        session.add(known)
        session.flush()
    return known.id


def _entries(path: Path | None, _findings: list[str], *, name: str = "pool") -> Iterator[Entry | Refusal]:
    """The bench's own films as a reader of sources gives them."""
    if path is None:
        return
    for item in read_items(path / f"{name}.jsonl", path.parents[1]):
        yield _entry(item)


def _entry(item: TrainingItem) -> Entry:
    film = Film(unpack_film(item.image.read_bytes()))
    masks = {f: decode(c, *film.pixels.shape) if c else film.pixels < 0 for f, c in item.counts.items()}
    sha256 = item.image.name
    return Entry(f"{sha256[:16]}.png", item.patient, lambda: sha256, lambda: film, lambda _film: masks)


def _labelled(image_id: int, film: FilmLabels, teacher: Teacher) -> LabelledImage:
    return LabelledImage(
        image_id, film.maps, film.members, [Proposal(**vars(label)) for label in film.labels], [teacher]
    )
