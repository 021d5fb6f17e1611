"""The harness itself: what a simulated reader leaves is what a save leaves, and nothing of an audit stays."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks.wired.audits import Simulated, plan_of, simulate
from benchmarks.wired.bench import Workplace
from benchmarks.wired.hidden import Reader, Truth, wrong_labels
from benchmarks.wired.pool import PoolPlan, make_labels, pixels
from benchmarks.wired.readers import DrawnItem, rows_of
from overread.db.tables import Audit, AuditCase, Image, Mask, Read
from overread.domain.imaging.masks import Rle
from overread.services.audit.queue import claim_case
from overread.services.audit.reads import CaseRead, FindingRead, submit_read

SMALL = PoolPlan(films=300, findings=2, prevalence=0.3, uncertain=0.1)
SLOPPY = Reader(find=0.6, refuse=0.1, unsure=0.1, unsure_there=0.1, anchored=0.5)
COLUMNS = ("finding", "verdict", "dice", "unacceptable", "task", "blind", "pseudo_label_id", "account_id")


def test_a_simulated_readers_rows_are_those_that_a_save_leaves(context: Workplace) -> None:
    plan = plan_of(measure=20, fix=20, holdout=6, sentinel=24, second=0.2)
    rng = np.random.default_rng(1)
    seen = set()
    with simulate(context.database, context.pool(SMALL), plan, Truth(0.3), rng, (SLOPPY, SLOPPY)) as audit:
        for case in sorted(audit.cases, key=lambda case: case[0].look == "second"):  # which waits for the first
            told = [rows_of(audit.room, item, account_of(case) - 1, None) for item in case]
            submitted = save(audit.session, case, [rows for rows in told if len(rows) > 1], 0)
            submitted += save(audit.session, case, told, -1)
            assert [left(row) for row in submitted] == expected(audit, told)
            seen |= {(row.task, row.blind, row.verdict) for row in submitted}
    tasks = {(task, blind) for task, blind, _ in seen}
    assert tasks == {("read", False), ("second", False), ("again", False), ("planted", False), ("blind", True),
                     ("blind", False)}  # fmt: skip
    assert {verdict for _, _, verdict in seen} == {"accept", "fix", "reject", "cannot_tell"}


def account_of(case: list[DrawnItem]) -> int:
    return 2 if case[0].look == "second" else 1


def save(session: Session, case: list[DrawnItem], told: list[list[dict[str, Any]]], place: int) -> list[Read]:
    """Save the rows at this place (first: the blind drafts; last: what counts) as the page would."""
    rows = [rows[place] for rows in told]
    if not rows:
        return []
    claimed = claim_case(session, case[0].case, account_of(case))
    image = session.get_one(Image, case[0].image)
    verdicts = [FindingRead(row["finding"], row["verdict"], mask_of(row)) for row in rows]
    body = CaseRead(image.sha256, claimed.fence, claimed.version, 10.0, verdicts)
    known = select(func.coalesce(func.max(Read.id), 0)).where(Read.case_id == claimed.id)
    before = session.scalars(known).one()
    submit_read(session, claimed.id, account_of(case), uuid4().hex, body)
    session.expire_all()
    new = select(Read).where(Read.case_id == claimed.id, Read.id > before).order_by(Read.id)
    return list(session.scalars(new))


def mask_of(row: dict[str, Any]) -> Rle | None:
    if row["verdict"] != "fix":
        return None
    lesion = pixels("lesion")
    return Rle.of(lesion)


def left(read: Read) -> dict[str, Any]:
    told = {name: getattr(read, name) for name in COLUMNS}
    return told | {"drawn": read.mask_id is not None, "regions": None if read.task == "planted" else read.regions}


def expected(audit: Simulated, told: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    rows = [rows[0] for rows in told if len(rows) > 1] + [rows[-1] for rows in told]
    return [
        {name: row[name] for name in COLUMNS}
        | {"drawn": row["mask_id"] is not None, "regions": None if row["task"] == "planted" else row["regions"]}
        for row in rows
    ]


def test_nothing_of_a_simulated_audit_stays(context: Workplace) -> None:
    pool = context.pool(SMALL)

    def rows() -> list[int]:
        with context.database.transaction() as session:
            return [
                session.scalars(select(func.count()).select_from(table)).one()
                for table in (Audit, AuditCase, Read, Mask)
            ]

    before = rows()
    with simulate(context.database, pool, plan_of(), Truth(0.1), np.random.default_rng(0)) as audit:
        audit.read()
        assert audit.session.scalars(select(func.count()).select_from(Read)).one() > 100
    assert rows() == before


@pytest.mark.parametrize(
    "truth", [Truth(0.1), Truth(0.1, risk=2), Truth(0.1, together=True), Truth(0.1, positives=True)]
)
def test_the_hidden_error_is_exact_in_each_finding(truth: Truth) -> None:
    labels = make_labels(replace(SMALL, patient=10))
    among = ~labels.held
    wrong = wrong_labels(truth, labels, among, np.random.default_rng(0), more=1)
    for finding in (0, 1):
        inside = among & (labels.finding == finding)
        assert wrong[inside].sum() == inside.sum() // 10 + 1
        if truth.together:
            shares = np.bincount(labels.patient[inside], wrong[inside], 30)[np.unique(labels.patient[inside])] / 10
            assert ((shares > 0) & (shares < 1)).sum() <= 1
    if truth.risk:
        assert labels.risk[wrong].mean() > labels.risk.mean() * 1.3
    if truth.positives:
        assert (labels.decision[wrong] == 0).all()
