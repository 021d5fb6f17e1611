"""Iterations in a row on one pool: what reads taught is right afterwards, and the next audit is drawn over it."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.wired.audits import PERFECT, Simulated, begin, certified, plan_of
from benchmarks.wired.hidden import Bools, Reader, Truth, wrong_labels
from benchmarks.wired.looks import sentences
from benchmarks.wired.pool import NEGATIVE, POSITIVE, Labels, Pool, copy_labels, make_labels, presence_of
from benchmarks.wired.readers import Room
from benchmarks.wired.sandbox import Sandbox, sandbox
from benchmarks.wired.trials import Observed
from overread.db.session import Database
from overread.db.tables import Iteration, Labelling, TrainingImage
from overread.domain.policy.gate import Override
from overread.services.gate.judging import judge_gate
from overread.services.loop.training_sets import freeze_training_set
from overread.storage import BlobStore

JITTER = 0.02  # of predicted risk, from one labelling to the next


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Where manifests of this process lie until it ends."""
    return tempfile.TemporaryDirectory(prefix="overread-wired-")


def chain(
    database: Database, pool: Pool, number: int, *, truth: Truth, launch: dict[str, Any], turns: int,
    readers: Sequence[Reader] = (PERFECT, PERFECT),
) -> Observed:  # fmt: skip
    """So many iterations on one plan, the seed as launches leave it. Tells of each audit after the first how much of
    MEASURE was drawn before and how much was taught, whether its estimates hold the error of what nobody read, and what
    the page had filled in; and of each whether the gate opened though more than α of that was wrong, and ever did, and
    whether what the gate's sentence bounds is within its bound."""
    rng, plan = np.random.default_rng([19, number]), plan_of(**launch)
    labels = make_labels(pool.plan)
    observed: Observed = []
    false, seen = [], set[int]()
    with sandbox(database) as inner:
        room = Room(pool, labels, pool.base, np.zeros(0, bool), (), readers, rng)
        iteration_id = pool.base
        for turn in range(turns):
            with inner.transaction() as session:
                audit = begin(
                    session, session.get_one(Iteration, iteration_id), plan, room,
                    lambda among: room.wrong if len(room.wrong) else wrong_labels(truth, labels, among, rng),
                )  # fmt: skip
                audit.read()
                observed += _second(audit, seen) if turn else []
                verdict = audit.ask()
                false.append(certified(verdict) and audit.error() > plan.alpha)
                observed += sentences(audit, verdict)
                seen = {item.unit for item in audit.measured}
            if turn + 1 < turns:
                iteration_id = _next(inner, room, iteration_id)
    shown = room.prefilled
    observed += [("filled in, not one's own", shown.foreign / max(shown.cases, 1))] * (shown.cases > 0)
    return [*observed, *(("false opening", float(one)) for one in false), ("false opening in a row", float(any(false)))]


def _second(audit: Simulated, seen: set[int]) -> Observed:
    units = [item.unit for item in audit.measured]
    observed: Observed = [("MEASURE drawn again", float(np.mean([unit in seen for unit in units])))]
    for one in audit.estimates():
        if one.quantity == "error" and one.group == "finding":
            of_finding = audit.error(audit.room.pool.findings.index(str(one.name)))
            observed.append((f"error held, {one.method}", one.low - 1e-9 <= of_finding <= one.high + 1e-9))
    return observed


def _next(inner: Sandbox, room: Room, iteration_id: int) -> int:
    """Launch over the gate, train by magic, label anew: taught units are as their reader said, others as they were."""
    with inner.transaction() as session:
        judge_gate(session, iteration_id, override=Override(1, "simulated"))
        before = session.get_one(Iteration, iteration_id)
        manifest = freeze_training_set(session, BlobStore(Path(_folder().name)), room.pool.base, before)
        taught = _taught(session, room, manifest.sha256)
        iteration = Iteration(
            project_id=room.pool.base, index=before.index + 1, stage="labelling", plan=before.plan,
            training_set_sha256=manifest.sha256, code_version="simulated",
        )  # fmt: skip
        session.add(iteration)
        session.flush()
        labelling = Labelling(iteration_id=iteration.id)
        session.add(labelling)
        session.flush()
        iteration.labelling_id = labelling.id
        said = taught & room.words[0].wrong
        room.labels, room.wrong = _relabelled(room, said), np.where(taught, room.wrong != said, room.wrong)
        connection: Any = session.connection().connection.driver_connection
        room.first = copy_labels(connection, room.pool, labelling.id, room.labels)
        return iteration.id


def _taught(session: Session, room: Room, sha256: str) -> Bools:
    """The units that people's words teach in a training set, (N,)."""
    found = np.zeros(len(room.labels.film), bool)
    names = {name: number for number, name in enumerate(room.pool.findings)}
    query = select(TrainingImage).where(
        TrainingImage.training_set_sha256 == sha256, TrainingImage.image_id != room.pool.base
    )
    for row in session.scalars(query.where(TrainingImage.kinds.contains(["read"]))):
        for finding, kind in zip(row.findings, row.kinds, strict=True):
            if kind == "read":
                found[(row.image_id - room.pool.base - 1) * len(names) + names[finding]] = True
    return found


def _relabelled(room: Room, mended: Bools) -> Labels:
    old = room.labels
    decision = np.where(mended, np.where(old.decision == POSITIVE, NEGATIVE, POSITIVE), old.decision)
    risk = np.clip(old.risk + room.rng.normal(0, JITTER, len(old.risk)), 0.001, 0.999)
    return replace(old, decision=decision, risk=risk, presence=presence_of(decision, risk))
