"""Clauses (c)–(e) of the gate: what the followed units say of this iteration against the one before it."""

from collections import defaultdict

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from backend.db.tables import Audit, AuditCase, AuditItem, Iteration, Read
from backend.domain.bias import measure_bias, paired_change
from backend.domain.gate import Change, Clause, no_regression, no_reinforcement, not_judged
from backend.services.followed import Unit, as_columns, followed_units, previous_published
from backend.services.veils import counted

ALL = "all findings"
FEW = 10  # followed units below which a subgroup, or wrong ones below which a finding, is not judged by itself
# Plans of iterations launched before these clauses were declared.
DEFAULTS = {"red_line": 0.5, "holdout_margin": 0.1, "subgroup_margin": 0.2}


def change_clauses(session: Session, iteration: Iteration) -> list[Clause]:
    """(c) no regression on HOLDOUT, (d) no red reinforcement, (e) no subgroup regresses, as the plan declared them.

    Not applicable where there is nothing to compare, and then a clause says what is missing; HOLDOUT that was drawn and
    not read yet does not pass.
    """
    plan = DEFAULTS | iteration.plan
    before = previous_published(session, iteration)
    limits = {
        "holdout-regression": -plan["holdout_margin"],
        "error-reinforcement": plan["red_line"],
        "subgroup-regression": -plan["subgroup_margin"],
    }
    if before is None:
        why = "Not applicable: this is the first iteration, with none before it to compare with."
        return [not_judged(name, ALL, limit, why) for name, limit in limits.items()]
    unread = _unread_holdout(session, iteration)
    if unread:
        why = f"{unread} HOLDOUT items of this audit are not read yet. Read them."
        return [not_judged(name, ALL, limit, why, passed=False) for name, limit in limits.items()]
    units = followed_units(session, before, iteration)
    if not units:
        why = "Not applicable: no item is followed. Plan HOLDOUT reads, or keep audited items out of training."
        return [not_judged(name, ALL, limit, why) for name, limit in limits.items()]
    return [
        _regression(units, plan["holdout_margin"], None),
        *_reinforcement(units, plan["red_line"]),
        *_subgroups(units, plan["subgroup_margin"]),
    ]


def _regression(units: list[Unit], margin: float, subgroup: str | None) -> Clause:
    columns = as_columns(units)
    before, after = ((~wrong).astype(float) for wrong in (columns.wrong_before, columns.wrong_after))
    change = paired_change(before, after, columns.patient, np.random.default_rng(0))
    return no_regression(Change(ALL, change.low, margin, subgroup))


def _reinforcement(units: list[Unit], red_line: float) -> list[Clause]:
    groups = {ALL: units}
    for finding in dict.fromkeys(unit.finding for unit in units):
        own = [unit for unit in units if unit.finding == finding]
        if sum(unit.wrong_before for unit in own) >= FEW:
            groups[finding] = own
    found = []
    for finding, own in groups.items():
        measures = measure_bias(as_columns(own), np.random.default_rng(0))
        low = next(one.low for one in measures if one.name == "reinforcement")
        found.append(no_reinforcement(finding, low, red_line))
    return found


def _subgroups(units: list[Unit], margin: float) -> list[Clause]:
    groups: dict[tuple[str, str], list[Unit]] = defaultdict(list)
    for unit in units:
        for kind, name in unit.inside.items():
            if name is not None:
                groups[kind, name].append(unit)
    kinds = [kind for kind, _ in groups]
    judged = [
        _regression(own, margin, f"{kind} {name}")
        for (kind, name), own in sorted(groups.items())
        if kinds.count(kind) > 1 and len(own) >= FEW
    ]
    why = f"Not applicable: no source, site, view or sex has {FEW} followed items beside another."
    return judged or [not_judged("subgroup-regression", ALL, -margin, why)]


def _unread_holdout(session: Session, iteration: Iteration) -> int:
    read = select(Read.id).where(Read.case_id == AuditItem.case_id, Read.finding == AuditItem.finding, counted())
    query = (
        select(func.count())
        .select_from(AuditItem)
        .join(AuditCase, AuditCase.id == AuditItem.case_id)
        .join(Audit, Audit.id == AuditCase.audit_id)
        .where(Audit.iteration_id == iteration.id, AuditItem.stream == "HOLDOUT", ~read.exists())
    )
    return session.scalar(query) or 0
