"""What a launch's audit could show, before it is launched: its gate's chances, and what its reads cost."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from overread.db.tables import Audit, Image, Iteration, Patient
from overread.domain.policy.gate import Promise, doubt_of
from overread.domain.policy.plan import Declaration
from overread.domain.policy.power import Power, power_of
from overread.domain.readers.detection import chance_of_trust
from overread.domain.readers.tasks import TASKS
from overread.domain.sampling.paired import FLIPS, chance_shown, margin_shown
from overread.domain.sampling.shares import Share, share
from overread.domain.sampling.streams import Design, even_shares
from overread.domain.words import TAUGHT, Teaches
from overread.services.audit.holdout import patients_after
from overread.services.audit.sample import population_sizes
from overread.services.estimates.doubt import audits_before
from overread.services.films.projects import get_project

GOOD_READERS_MISS = 0.1  # of planted errors, by readers who deserve to be trusted


@dataclass(frozen=True)
class HoldoutPower:
    """HOLDOUT after this audit: so many ``patients``, the smallest fall that they can rule out one time in two when
    nothing has changed (1: none), the ``margin`` that is declared, and the chance that they rule that out."""

    patients: int
    shown: float
    margin: float
    chance: float


@dataclass(frozen=True)
class LaunchPower:
    """By finding, what its sample can show; what HOLDOUT can, None without any; ``plants`` planned and the chance that
    readers who miss one in ten are trusted after them; reads in all, top-ups of positives apart, and the minutes that
    they take."""

    findings: dict[str, Power]
    holdout: HoldoutPower | None
    plants: int
    trust: float
    reads: int
    minutes: float


def power_of_launch(session: Session, project_id: int, declared: Declaration, error: float) -> LaunchPower:
    """What this launch's audit could show if the share ``error`` of its labels were wrong and readers did not slip.

    Populations are those of the last audit; before there is one, every film of the pool has a label that would teach: a
    positive one, where contours alone are declared to, which is the most there can be.
    """
    project = get_project(session, project_id)
    design = declared.design(len(project.findings))
    sizes = _populations(session, project_id, project.findings, declared.teaches)
    plants = round(design.sentinel * TASKS["planted"] / 100)
    delta = doubt_of(declared.delta, declared.family, len(project.findings), audits_before(session, project_id))
    promise = Promise(declared.alpha, delta, declared.errors, _found(plants))
    measured = {f: n for f, n in sizes.items() if f not in declared.withhold}
    reads = even_shares(design.measure, np.array(list(sizes.values()), np.int64))
    of_finding = dict(zip(sizes, reads.tolist(), strict=True))
    found = {f: power_of(promise, n, of_finding[f], error) for f, n in measured.items()}
    total = _reads(design, declared.second)
    trust = chance_of_trust(plants, GOOD_READERS_MISS) if plants else 0.0
    holdout = _holdout(patients_after(session, project, design.holdout), declared)
    return LaunchPower(found, holdout, plants, trust, total, total * declared.seconds_per_read / 60)


def _reads(design: Design, second: float) -> int:
    """About how many reads a design takes: with the looks again, and with those of second readers. What positives are
    short cannot be known before the draw."""
    once = design.fix + design.measure + design.sentinel + design.holdout
    return round(once * (1 + second) + design.sentinel * TASKS["again"] / 100)


def _holdout(patients: int, declared: Declaration) -> HoldoutPower | None:
    """The clause is judged at the declared doubt, whatever the family of findings."""
    if not patients:
        return None
    shown = margin_shown(patients, FLIPS, declared.delta)
    chance = chance_shown(patients, declared.holdout_margin, FLIPS, declared.delta)
    return HoldoutPower(patients, shown, declared.holdout_margin, chance)


def _found(plants: int) -> Share:
    """As many planted errors as good readers find."""
    return share(round(plants * (1 - GOOD_READERS_MISS)), plants)


def _populations(session: Session, project_id: int, findings: list[str], teaches: Teaches) -> dict[str, int]:
    last = session.scalars(
        select(Audit)
        .join(Iteration, Iteration.id == Audit.iteration_id)
        .where(Iteration.project_id == project_id)
        .order_by(Audit.id.desc())
        .limit(1)
    ).one_or_none()
    known = _sizes_of(last, teaches) if last is not None else {}
    if sum(known.values()):
        return {finding: known.get(finding, 0) for finding in findings}
    films = session.scalar(
        select(func.count())
        .select_from(Image)
        .join(Patient, Patient.id == Image.patient_id)
        .where(Image.project_id == project_id, Image.split == "pool", ~Patient.held)
    )
    return dict.fromkeys(findings, films or 0)


def _sizes_of(audit: Audit, teaches: Teaches) -> dict[str, int]:
    """How many labels each finding's population would have if this audit were drawn for what is declared to teach. Of
    negatives that it did not count, all that it did not repair."""
    if audit.design.teaches == teaches:
        return population_sizes(audit)
    found: Counter[str] = Counter()
    for row in (row for row in audit.strata if not row.held and row.decision in TAUGHT[teaches]):
        counted = row.decision in TAUGHT[audit.design.teaches]
        found[row.finding] += (row.population or 0) if counted else row.size - row.fix
    return dict(found)
