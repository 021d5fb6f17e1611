"""Thresholds with a guarantee on real rows: the dial, confirming, what enters the next training set, and what not."""

from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from overread.db.tables import Certificate, Iteration, PseudoLabel
from overread.domain.errors import Conflict, GateShut, InvalidInput
from overread.domain.learning.badness import Badness
from overread.domain.words import SIDES
from overread.services.estimates import certificates
from overread.services.gate import what_if
from overread.services.gate.admission import Entries, weigh_rows
from overread.services.loop.training_sets import read_manifest
from tests.loop import FINDINGS, Loop
from tests.reading import audited, read_all

ALL: dict[str, Any] = {"measure": 30, "fix": 0}  # every decided label is read: the phantom's pool has thirty films


def ready(loop: Loop, **changes: Any) -> Iteration:
    """An audit that was read: every label accepted."""
    iteration, audit_id = audited(loop, **ALL | changes)
    read_all(loop, audit_id)
    return iteration


def confirm(loop: Loop, iteration: Iteration, alpha: float = 0.4) -> list[Certificate]:
    with loop.database.transaction() as session:
        return certificates.confirm(session, session.get_one(Iteration, iteration.id), alpha, 0.05, loop.account_id)


def pseudo(loop: Loop, iteration: Iteration) -> dict[tuple[str, bool], int]:
    """Pseudo labels of a training set, by finding and whether the lesion is there."""
    found: dict[tuple[str, bool], int] = {}
    for line in read_manifest(loop.blobs, iteration.training_set_sha256):
        for finding, target in line.targets.items():
            if target.kind == "pseudo":
                key = finding, target.mask is not None
                found[key] = found.get(key, 0) + 1
    return found


def test_nothing_is_confirmed_before_all_is_read_and_nothing_ever_changes(loop: Loop) -> None:
    iteration, audit_id = audited(loop, **ALL)
    with pytest.raises(Conflict, match="not read yet"):
        confirm(loop, iteration)
    with loop.database.transaction() as session, pytest.raises(InvalidInput):
        certificates.propose(session, session.get_one(Iteration, iteration.id), 0.0, 0.05)
    read_all(loop, audit_id)
    rows = confirm(loop, iteration)
    assert {(row.finding, row.side) for row in rows} == {(f, s) for f in FINDINGS for s in SIDES}
    assert all(row.declared and row.account_id == loop.account_id for row in rows)  # PLAN's α is 0.4
    assert not any(row.declared for row in confirm(loop, iteration, 0.2))
    with loop.database.transaction() as session, pytest.raises(IntegrityError, match="never changed"):
        session.execute(text("update certificate set threshold = 0"))


def test_the_dial_says_what_it_would_accept_and_a_stricter_one_accepts_less(loop: Loop) -> None:
    iteration = ready(loop, measure=20)
    with loop.database.transaction() as session:
        row = session.get_one(Iteration, iteration.id)
        lax, strict = (certificates.propose(session, row, alpha, 0.05) for alpha in (0.4, 0.01))
        again = certificates.propose(session, row, 0.4, 0.05)
        negative = next(one for one in lax if one.certificate.side == "negative")
        decided = session.scalar(
            select(func.count()).where(
                PseudoLabel.labelling_id == row.labelling_id,
                PseudoLabel.decision == "negative",
                PseudoLabel.finding == negative.certificate.finding,
            )
        )
    assert lax == again
    assert negative.accepted.labels == decided == negative.decided
    assert negative.accepted.sources == {"pool": decided}
    positive = [one for one in lax if one.certificate.side == "positive" and one.accepted.labels]
    assert all(one.accepted.pixels > 0 for one in positive)
    assert all(one.certificate.threshold is None and one.accepted.labels == 0 for one in strict)
    assert "withheld" in strict[0].certificate.sentence


def test_certified_training_sets_hold_what_is_certified_alone(loop: Loop) -> None:
    iteration, audit_id = audited(loop, measure=20, fix=0)
    read_all(loop, audit_id)
    with pytest.raises(GateShut, match="No threshold is certified"):
        loop.launch(thresholds="certified")
    rows = {(row.finding, row.side): row.threshold for row in confirm(loop, iteration, 0.25)}
    both = {finding for finding in FINDINGS if None not in (rows[finding, "positive"], rows[finding, "negative"])}
    half = {finding for finding, _ in rows if finding not in both and {rows[finding, s] for s in SIDES} != {None}}
    assert both  # and where there are not the eleven positives that it takes, negatives alone do not teach
    assert half
    with loop.database.transaction() as session:
        told = what_if.ask(session, session.get_one(Iteration, iteration.id), 0.25, 0.05, "certified")
    second = loop.launch(thresholds="certified")
    held = pseudo(loop, second)
    assert held
    for (finding, side), threshold in rows.items():
        entered = held.get((finding, side == "positive"), 0)
        foretold = next(one for one in told.enters if (one.finding, one.side) == (finding, side))
        assert (foretold.labels > 0) is (finding in both)
        assert threshold is not None or not entered
        assert foretold.labels >= entered  # reads stand in for some of them
    assert second.plan.thresholds == "certified"
    assert told.gpu_hours == pytest.approx(1.0 / 3600 * told.images / iteration_images(loop, iteration))


def iteration_images(loop: Loop, iteration: Iteration) -> int:
    return len(read_manifest(loop.blobs, iteration.training_set_sha256))


def test_hand_thresholds_stay_the_default_and_weights_stand_below_the_certificate(loop: Loop) -> None:
    iteration = ready(loop)
    with loop.database.transaction() as session:
        row = session.get_one(Iteration, iteration.id)
        hand, certified, weighted = (
            what_if.ask(session, row, 0.4, 0.05, word) for word in ("hand", "certified", "weighted")
        )
        for less, more in ((certified, weighted), (weighted, hand)):
            for one, other in zip(less.enters, more.enters, strict=True):
                assert one.labels <= other.labels
        assert sum(one.labels for one in hand.enters) == 30 * 5
        assert all(one.error == 0.0 and one.high is not None and one.high > 0 for one in hand.enters if one.reads)
        assert all(one.error is None for one in certified.enters if not one.labels)


@pytest.mark.parametrize("word", ["hand", "certified", "weighted"])
def test_postgres_weighs_as_training_does(loop: Loop, word: str) -> None:
    """Whatever the thresholds: the same labels, films and weights as the rule gives them one by one."""
    iteration = ready(loop)
    with loop.database.transaction() as session:
        row, rng = session.get_one(Iteration, iteration.id), np.random.default_rng(0)
        labels = session.scalars(select(PseudoLabel).where(PseudoLabel.labelling_id == row.labelling_id)).all()
        for label in labels:
            label.presence, label.weight = float(rng.random()), float(rng.choice([0.0, 0.7]))
        session.flush()
        certified = {(f, s): None if f == "nodule" else 0.5 for f in FINDINGS for s in SIDES}
        fitted = Badness(np.array([-2.0, 1.0, 3.0]))
        entries = {
            "hand": Entries(),
            "certified": Entries(certified),
            "weighted": Entries(certified, {("fibrosis", "negative"): fitted, ("nodule", "negative"): fitted}),
        }[word]
        weights = weigh_rows(labels, entries)
        counted = what_if.weighed(row, entries, list(certified))
        sums = select(counted.c.finding, func.sum(counted.c.weight)).group_by(counted.c.finding)
        found = dict(session.execute(sums).tuples().all())
        entered = session.scalar(select(func.count()).select_from(counted))
    assert entered == sum(weight > 0 for weight in weights) > 0
    for finding in FINDINGS:
        own = sum(weight for label, weight in zip(labels, weights, strict=True) if label.finding == finding)
        assert found.get(finding, 0.0) == pytest.approx(own)


def test_what_if_before_anything_is_read_counts_what_would_enter_and_knows_no_error(loop: Loop) -> None:
    iteration, _ = audited(loop, **ALL)
    with loop.database.transaction() as session:
        told = what_if.ask(session, session.get_one(Iteration, iteration.id), 0.4, 0.05, "hand")
    assert list(dict.fromkeys(one.finding for one in told.enters)) == list(FINDINGS)
    assert sum(one.labels for one in told.enters) == 30 * 5
    assert {one.error for one in told.enters} == {None}
    assert told.human > 0 < told.images


def test_a_risk_beyond_the_declared_one_does_not_open_the_gate(loop: Loop) -> None:
    iteration = ready(loop, alpha=0.35)
    assert not any(row.declared for row in confirm(loop, iteration, 0.4))
    with pytest.raises(GateShut, match="declared at α = 35%"):
        loop.launch(thresholds="certified")
