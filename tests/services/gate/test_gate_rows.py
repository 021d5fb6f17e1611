"""Verdicts and certificates as they are kept: rows of every age are understood, and signatures are of what is kept."""

import hashlib
import json
import warnings
from typing import Any

import pytest
from sqlalchemy import select, text, type_coerce
from sqlalchemy.dialects.postgresql import JSONB

from overread.db.tables import Certificate, GateDecision, Iteration
from overread.domain.errors import GateShut
from overread.domain.policy.gate import FindingEvidence, Override
from overread.services.estimates.certificates import confirm
from overread.services.gate import judging
from tests.loop import Loop
from tests.reading import audited, read_all

# What judging wrote, age by age; the numbers are of real verdicts.
FIRST: dict[str, Any] = {
    "open": False, "alpha": 0.1, "delta": 0.05, "iteration": 1, "labelling": 1, "withheld": ["fibrosis"],
    "override": {"account_id": 1, "reason": "pilot"},
    "clauses": [
        {"name": "enough-reads", "finding": "nodule", "passed": False, "value": 12, "limit": 29,
         "sentence": "nodule: 12 MEASURE reads, 29 asked for. Read 17 more."},
        {"name": "withheld", "finding": "fibrosis", "passed": True, "value": None, "limit": 0.1,
         "sentence": "fibrosis is withheld and adds nothing to the next training set."},
    ],
    "evidence": [{"finding": "nodule", "population": 30, "reads": 12, "errors": 1}],
}  # fmt: skip
STRATA = FIRST | {
    "thresholds": "certified", "withheld": None, "override": None,
    "clauses": [
        {"name": "reader-trust", "finding": "all findings", "passed": True, "value": 0.9, "limit": 0.75,
         "sentence": "all findings: readers found 9 of 10 planted errors (55%–100% with 95% confidence)."},
    ],
    "evidence": [{"finding": "nodule", "population": 30, "reads": 12, "errors": 1, "strata": [[10, 4, 0], [20, 8, 1]]}],
}  # fmt: skip
MARKS = STRATA | {
    "clauses": [
        {"name": "holdout-regression", "finding": "all findings", "passed": False, "value": -0.3, "limit": -0.15,
         "sentence": "all findings: on 40 HOLDOUT units of 20 patients …", "more": 31, "stream": "HOLDOUT"},
        {"name": "error-reinforcement", "finding": "nodule", "passed": True, "value": None, "limit": 0.5,
         "sentence": "nodule: no wrong item was followed …", "more": None, "stream": None},
    ],
    "evidence": [{"finding": "nodule", "population": 30, "marks": "0.?1"}],
}  # fmt: skip
LAST = MARKS | {"evidence": [{"finding": "nodule", "population": 30, "marks": "0.?1", "softened": 1, "left": 26}]}


def signed(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def keep(loop: Loop, iteration: Iteration, verdict: dict[str, Any]) -> GateDecision:
    """A row of before, read as one of now."""
    row = {"of": iteration.id, "verdict": json.dumps(verdict), "sha256": signed(verdict)}
    columns = "iteration_id, open, override, verdict, sha256"
    with loop.database.transaction() as session:
        session.execute(
            text(f"insert into gate_decision ({columns}) values (:of, false, false, cast(:verdict as jsonb), :sha256)"),
            row,
        )
    with loop.database.transaction() as session:
        (decision,) = judging.list_decisions(session, iteration.id)
        assert signed(raw(session, GateDecision.verdict, decision.id)) == decision.sha256
    return decision


def raw(session: Any, column: Any, row_id: int) -> dict[str, Any]:
    return session.scalars(select(type_coerce(column, JSONB)).where(column.class_.id == row_id)).one()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("verdict", "findings", "evidence"),
    [
        (FIRST, ["nodule", "fibrosis"], ()),
        (STRATA, [None], ()),
        (MARKS, [None, "nodule"], (FindingEvidence("nodule", 30, "0.?1"),)),
        (LAST, [None, "nodule"], (FindingEvidence("nodule", 30, "0.?1", 1, 26),)),
    ],
)
def test_a_verdict_of_any_age_is_understood(
    loop: Loop, verdict: dict[str, Any], findings: list[str | None], evidence: tuple[FindingEvidence, ...]
) -> None:
    kept = keep(loop, loop.launch(), verdict).verdict
    assert [clause.finding for clause in kept.clauses] == findings
    assert [clause.sentence for clause in kept.clauses] == [one["sentence"] for one in verdict["clauses"]]
    assert [(clause.more, clause.stream) for clause in kept.clauses] == [
        (one.get("more"), one.get("stream")) for one in verdict["clauses"]
    ]
    assert kept.evidence == evidence
    assert (kept.alpha, kept.delta, kept.iteration, kept.labelling) == (0.1, 0.05, 1, 1)
    old = verdict is FIRST
    assert (kept.withheld, kept.thresholds) == (("fibrosis",) if old else None, "hand" if old else "certified")
    assert kept.override == (Override(1, "pilot") if old else None)


def test_a_clause_by_an_unknown_name_is_not_read_as_another(loop: Loop) -> None:
    with pytest.raises(ValueError, match="enough-pages"):
        keep(loop, loop.launch(), FIRST | {"clauses": [FIRST["clauses"][0] | {"name": "enough-pages"}]})


def test_a_verdict_is_signed_as_it_is_kept(loop: Loop) -> None:
    iteration, _ = audited(loop)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # pydantic's, of a value that is not of its type
        with pytest.raises(GateShut):
            loop.launch()
        loop.launch(withhold=["nodule"], override="signed off")
    with loop.database.transaction() as session:
        shut, opened = judging.list_decisions(session, iteration.id)
        for row in (shut, opened):
            body = raw(session, GateDecision.verdict, row.id)
            assert signed(body) == row.sha256
            assert {one["finding"] for one in body["clauses"] if one["name"] == "reader-trust"} == {None}
        assert (opened.verdict.withheld, opened.verdict.override) == (
            ("nodule",),
            Override(loop.account_id, "signed off"),
        )
        assert shut.verdict.withheld == ()
        assert opened.verdict.evidence[0].marks


def test_a_certificate_of_any_age_is_understood_and_signed_as_it_is_kept(loop: Loop) -> None:
    iteration, audit_id = audited(loop, measure=30, fix=0)
    read_all(loop, audit_id)
    with loop.database.transaction() as session:
        rows = confirm(session, session.get_one(Iteration, iteration.id), 0.4, 0.05, loop.account_id)
    first = next(row for row in rows if row.threshold is not None)
    with loop.database.transaction() as session:
        body = raw(session, Certificate.evidence, first.id)
        assert session.get_one(Certificate, first.id).evidence == first.evidence
    assert signed(body) == first.sha256
    steps = [{"threshold": 0.9, "reads": 29, "thinned": 2, "errors": 0, "p": 0.047},
             {"threshold": 0.7, "reads": 31, "thinned": 2, "errors": 2, "p": 0.31}]  # fmt: skip
    body["certificate"] |= {"delta": 0.05, "steps": steps}
    copied = "finding, side, alpha, delta, threshold, declared, account_id, iteration_id"
    with loop.database.transaction() as session:
        session.execute(
            text(
                f"insert into certificate ({copied}, evidence, sha256) "
                f"select {copied}, cast(:evidence as jsonb), :sha256 from certificate where id = :id"
            ),
            {"evidence": json.dumps(body), "sha256": signed(body), "id": first.id},
        )
    with loop.database.transaction() as session:
        old = session.scalars(select(Certificate).order_by(Certificate.id.desc()).limit(1)).one()
        told = [
            (step.threshold, step.reads, step.errors, step.passed, step.start)
            for step in old.evidence.certificate.steps
        ]
        assert told == [(0.9, 29, 0, True, 0), (0.7, 31, 2, False, 0)]
        assert old.evidence.certificate.sentence == first.evidence.certificate.sentence
        assert signed(raw(session, Certificate.evidence, old.id)) == old.sha256
