"""Clauses (c)–(e) of the gate: what the followed units say of this iteration against the one before it."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from overread.db.tables import Iteration, Project
from overread.domain.policy.bias import reinforcement
from overread.domain.policy.clauses import Change, Clause, no_regression, no_reinforcement, not_judged
from overread.domain.policy.plan import Plan
from overread.domain.sampling.paired import FLIPS, MOST, change_bound, further_patients, patient_changes, units_needed
from overread.domain.words import ClauseName
from overread.services.audit.audits import audit_of
from overread.services.audit.holdout import count_unsettled
from overread.services.audit.more_holdout import count_unread_patients
from overread.services.estimates.followed import Unit, as_columns, followed_units
from overread.services.history import previous_published

Further = Callable[[NDArray[np.float64]], int | None]  # from patients' changes, how many more patients do
FEW = 10  # wrong units below which a finding is not judged by itself
# Plans of iterations launched before these clauses were declared.


def change_clauses(session: Session, iteration: Iteration) -> list[Clause]:
    """(c) no regression on HOLDOUT, (d) no red reinforcement, (e) no subgroup regresses, as the plan declared them.

    (c) and (e) speak of HOLDOUT alone; (d) of every label that was wrong, kept-out ones too. Not applicable without an
    iteration before; HOLDOUT that was declared and has no reference does not pass.
    """
    plan = iteration.plan
    before = previous_published(session, iteration)
    if before is None:
        why = "Not applicable: this is the first iteration, with none before it to compare with."
        limits = _limits(plan)
        return [not_judged(name, None, limit, why) for name, limit in limits.items()]
    units = followed_units(session, before, iteration)
    return [
        *_regressions(session, iteration, [unit for unit in units if not unit.kept_out]),
        *_reinforcement(units, plan.red_line),
    ]


def _limits(plan: Plan) -> dict[ClauseName, float]:
    return {
        "holdout-regression": -plan.holdout_margin,
        "error-reinforcement": plan.red_line,
        "subgroup-regression": -plan.subgroup_margin,
    }


def _regressions(session: Session, iteration: Iteration, held: list[Unit]) -> list[Clause]:
    """Clauses (c) and (e), or why they cannot be judged."""
    plan = iteration.plan
    unsettled = count_unsettled(session, iteration)
    if held and not unsettled:
        return [_whole(session, iteration, held), *_subgroups(held, plan.subgroup_margin, plan.delta)]
    project = session.get_one(Project, iteration.project_id)
    budget = iteration.plan.design(len(project.findings)).holdout
    if unsettled:
        why = f"{unsettled} HOLDOUT items of this audit have no reference. Read them, and decide where readers differ."
    elif not budget:
        why = "Not applicable: the plan declared no HOLDOUT reads, so nobody would see a regression."
    elif not project.holdout:
        why = f"{budget} HOLDOUT reads are declared and this project holds no patient out, so nobody would see a "
        why += "regression. Declare 0 of them, or begin a project that holds patients out."
    else:
        why = "No HOLDOUT unit that both iterations labelled has a reference. Plan more HOLDOUT reads."
    passed = not unsettled and not budget
    limits = _limits(plan)
    clauses = [
        not_judged(name, None, limits[name], why, passed) for name in ("holdout-regression", "subgroup-regression")
    ]
    if passed or unsettled or not project.holdout:
        return clauses
    more = _further(session, iteration, np.zeros(0), plan.holdout_margin)
    return [replace(clauses[0], more=more, stream="HOLDOUT") if more else clauses[0], clauses[1]]


def _whole(session: Session, iteration: Iteration, held: list[Unit]) -> Clause:
    """Clause (c); a shut one says how many further patients are likely to open it, where there are so many."""
    plan = iteration.plan
    margin = plan.holdout_margin
    return _regression(held, margin, plan.delta, None, lambda change: _further(session, iteration, change, margin))


def _further(session: Session, iteration: Iteration, change: NDArray[np.float64], margin: float) -> int | None:
    audit = audit_of(session, iteration)
    more = further_patients(change, margin, iteration.plan.delta)
    return more if more is not None and more <= count_unread_patients(session, audit) else None


def _regression(
    units: list[Unit], margin: float, delta: float, subgroup: str | None, further: Further | None = None
) -> Clause:
    columns = as_columns(units)
    change = patient_changes(~columns.wrong_before, ~columns.wrong_after, columns.patient)
    low = change_bound(change, delta)
    more = further(change) if further is not None and low <= -margin else None
    return no_regression(Change(None, low, margin, len(units), len(change), subgroup, more), delta)


def _reinforcement(units: list[Unit], red_line: float) -> list[Clause]:
    groups: dict[str | None, list[Unit]] = {None: units}
    for finding in dict.fromkeys(unit.finding for unit in units):
        own = [unit for unit in units if unit.finding == finding]
        if sum(unit.wrong_before for unit in own) >= FEW:
            groups[finding] = own
    return [
        no_reinforcement(
            finding, reinforcement("reinforcement", as_columns(own), np.random.default_rng(0)).low, red_line
        )
        for finding, own in groups.items()
    ]


def _subgroups(units: list[Unit], margin: float, delta: float) -> list[Clause]:
    groups: dict[tuple[str, str], list[Unit]] = defaultdict(list)
    for unit in units:
        for kind, name in unit.inside.items():
            if name is not None:
                groups[kind, name].append(unit)
    kinds = [kind for kind, _ in groups]
    beside = {key: own for key, own in sorted(groups.items()) if kinds.count(key[0]) > 1}
    patients = {key: len({unit.patient_id for unit in own}) for key, own in beside.items()}
    needed = units_needed(margin, FLIPS, delta) or MOST
    judged = [
        _regression(own, margin, delta, f"{kind} {name}")
        for (kind, name), own in beside.items()
        if patients[kind, name] >= needed
    ]
    small = [f"{kind} {name} ({n})" for (kind, name), n in patients.items() if n < needed]
    if small:
        why = f"Not judged, since it takes {needed} HOLDOUT patients to show this margin: {', '.join(small)}."
        judged.append(not_judged("subgroup-regression", None, -margin, why))
    why = "Not applicable: HOLDOUT has no two sources, sites, views or sexes."
    return judged or [not_judged("subgroup-regression", None, -margin, why)]
