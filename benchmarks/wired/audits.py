"""One simulated audit from the draw to what the pages tell, in a sandbox; and the truth that it is held against."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.wired.hidden import Bools, Reader, Truth, words_of, wrong_labels
from benchmarks.wired.pool import UNCERTAIN, Pool, make_labels
from benchmarks.wired.readers import Drawn, Room, drawn_items, read_cases
from benchmarks.wired.sandbox import sandbox
from overread.db.session import Database
from overread.db.tables import Audit, AuditCase, Iteration, KeptOut, Read
from overread.domain.policy.certify import Proposed
from overread.domain.policy.gate import GateVerdict, Judgement
from overread.domain.policy.plan import Plan
from overread.recipes import read as read_recipe
from overread.services.audit.draw import open_audit
from overread.services.estimates.certificates import propose
from overread.services.estimates.final import Estimated, final_estimates
from overread.services.estimates.strata import measured_reads, stratum_sizes
from overread.services.gate.judging import preview_gate
from overread.services.heads import counted

RECIPE = "demo-teacher-a"
PERFECT = Reader()


def plan_of(**changes: Any) -> Plan:
    """The plan of a launch on defaults but for these changes."""
    return Plan(recipes=(read_recipe(RECIPE),), **changes)


@dataclass
class Simulated:
    """An audit that was drawn, with all that only the simulation knows."""

    session: Session
    iteration: Iteration
    audit: Audit
    room: Room
    cases: list[list[Drawn]]
    population: Bools  # labels that the gate speaks of: they would teach, nobody gave their word, FIX apart

    def read(self, cases: Sequence[Sequence[Drawn]] | None = None) -> None:
        """Read these cases, all in their order when not said."""
        read_cases(self.session, self.audit, self.room, self.cases if cases is None else cases)

    def ask(self, judged: bool = True) -> Judgement:
        """What the gate says now."""
        return preview_gate(self.session, self.iteration, judged=judged)

    def error(self, finding: int | None = None, of: Bools | None = None) -> float:
        """The true share of wrong labels (or of those ``of``) in the gate's population."""
        wrong = self.room.wrong if of is None else of
        inside = self.population if finding is None else self.population & (self.room.labels.finding == finding)
        return float(wrong[inside].mean()) if inside.any() else 0.0

    def estimates(self) -> list[Estimated]:
        """The final estimates of what was read."""
        strata = stratum_sizes(self.session, self.audit)
        told = [read for read in measured_reads(self.session, self.audit) if read.verdict != "cannot_tell"]
        return final_estimates(self.session, self.audit, strata, told)

    def propose(self, alpha: float, delta: float) -> list[Proposed]:
        """The certificates that would be confirmed."""
        return propose(self.session, self.iteration, alpha, delta)

    @property
    def measured(self) -> list[Drawn]:
        """The items of MEASURE in reading order."""
        return [item for case in self.cases for item in case if item.stream == "MEASURE"]


def certified(verdict: GateVerdict) -> bool:
    """Whether reads alone open the gate: clauses (a) and (b). What else shuts it only makes it safer."""
    own = [clause for clause in verdict.clauses if clause.name in ("enough-reads", "certified-error")]
    return bool(own) and all(clause.passed for clause in own)


@contextmanager
def simulate(
    database: Database,
    pool: Pool,
    plan: Plan,
    truth: Truth,
    rng: np.random.Generator,
    readers: Sequence[Reader] = (PERFECT, PERFECT),
    more: int = 0,
) -> Iterator[Simulated]:
    """The first audit of a pool, drawn and not read; ``more`` wrong labels in each finding's population than the
    truth's share. Gone when it is left."""
    labels = make_labels(pool.plan)
    with sandbox(database) as inner, inner.transaction() as session:
        iteration = session.get_one(Iteration, pool.base)
        room = Room(pool, labels, pool.base, np.zeros(0, bool), (), readers, rng)
        yield begin(
            session, iteration, plan, room, lambda among: wrong_labels(truth, labels, among, rng, more), plan.seed
        )
        session.rollback()


def begin(
    session: Session,
    iteration: Iteration,
    plan: Plan,
    room: Room,
    hide: Callable[[Bools], Bools],
    nonce: int | None = None,
) -> Simulated:
    """Publish the labels of an iteration and draw its audit, as a worker does; then ``hide`` settles which labels are
    wrong, given the gate's population, and readers' words follow. The draw is the ``nonce``'s, or anybody's."""
    labelling = room.first if room.first == room.pool.base else iteration.labelling_id
    iteration.plan, iteration.stage, iteration.labelling_id = plan, "auditing", labelling
    session.flush()
    told = given_words(session, iteration, room)
    audit = open_audit(session, iteration, int(labelling or 0), nonce)
    session.flush()
    cases = drawn_items(session, audit.id, room.first)
    fix = [item.unit for case in cases for item in case if item.stream == "FIX"]
    population = ~room.labels.held & (room.labels.decision != UNCERTAIN) & ~told
    population[fix] = False
    room.wrong = hide(population)
    room.words = [words_of(reader, room.wrong, room.labels, room.rng) for reader in room.readers]
    return Simulated(session, iteration, audit, room, cases, population)


def given_words(session: Session, iteration: Iteration, room: Room) -> Bools:
    """Units on which a person gave their word in an earlier audit, or which are kept out of training, (N,)."""
    found = np.zeros(len(room.labels.film), bool)
    names = {name: number for number, name in enumerate(room.pool.findings)}
    reads = (
        select(Read.image_id, Read.finding)
        .join(AuditCase, AuditCase.id == Read.case_id)
        .join(Audit, Audit.id == AuditCase.audit_id)
        .join(Iteration, Iteration.id == Audit.iteration_id)
        .where(Iteration.project_id == iteration.project_id, counted())
    )
    kept = select(KeptOut.image_id, KeptOut.finding).where(KeptOut.image_id.between(*_films(room)))
    for image, finding in [*session.execute(reads), *session.execute(kept)]:
        found[(image - room.pool.base - 1) * len(names) + names[finding]] = True
    return found


def _films(room: Room) -> tuple[int, int]:
    return room.pool.base + 1, room.pool.base + room.pool.plan.films
