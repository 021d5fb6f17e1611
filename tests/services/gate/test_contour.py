"""Where a machine's labels may teach the contour alone, audit, gate and training set speak of positives alone."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sqlalchemy import exists, func, select

from overread.datasets.phantoms.phantom import truth
from overread.db.session import Database
from overread.db.tables import Audit, AuditCase, AuditItem, GateDecision, Image, Iteration, Patient, PseudoLabel
from overread.domain.errors import GateShut, InvalidRecipe
from overread.domain.learning.recipe.values import to_mapping
from overread.domain.policy.plan import DEFAULT, AuditDesign, Declaration
from overread.domain.sampling.sequential import upper_share
from overread.recipes import load
from overread.services.audit import draw
from overread.services.audit.sample import population
from overread.services.estimates.bias import iteration_bias
from overread.services.estimates.certificates import confirm, propose
from overread.services.estimates.doubt import certificate_doubt, declared_doubt
from overread.services.estimates.live import audit_estimates, subgroup_bounds
from overread.services.estimates.strata import population_labels
from overread.services.gate import judging, what_if
from overread.services.gate.admission import entries_of, weigh_rows
from overread.services.loop.iterations import next_declaration
from overread.services.loop.power import power_of_launch
from overread.services.loop.training_sets import read_manifest
from overread.settings import Settings
from overread.storage import BlobStore
from tests.loop import FINDINGS, POOL, Loop, make_loop
from tests.reading import audited, claim, read_case, read_truly

FOUR: dict[str, Any] = {"measure": 4, "fix": 9, "sentinel": 12, "holdout": 9}
CONTOUR: dict[str, Any] = {"teaches": "contour"}
BOTH = to_mapping(load("demo-teacher-a"))
WHERE = BOTH | {"pseudo": {"teaches": "contour"}}  # a recipe that takes contours alone


@pytest.fixture
def held(database: Database, settings: Settings) -> Loop:
    """A project that holds out about a third of its pool's patients."""
    return make_loop(database, BlobStore(settings.blob_folder), holdout=0.3)


def by_hand(loop: Loop, audit_id: int) -> dict[str, set[int]]:
    """Each finding's positives with a weight that FIX does not read, on films that may be trained on: by their ids."""
    with loop.database.transaction() as session:
        audit = session.get_one(Audit, audit_id)
        fixed = exists().where(AuditItem.pseudo_label_id == PseudoLabel.id, AuditItem.stream == "FIX")
        rows = session.execute(
            select(PseudoLabel.finding, PseudoLabel.id)
            .join(Image, Image.id == PseudoLabel.image_id)
            .join(Patient, Patient.id == Image.patient_id)
            .where(PseudoLabel.labelling_id == audit.labelling_id, PseudoLabel.decision == "positive")
            .where(PseudoLabel.weight > 0, ~Patient.held, ~fixed)
        ).all()
    return {finding: {label for own, label in rows if own == finding} for finding in FINDINGS}


def drawn(loop: Loop, audit_id: int) -> list[tuple[str, str, str, int | None]]:
    """Stream, finding, decision and rank of each item of a first look."""
    with loop.database.transaction() as session:
        query = (
            select(AuditItem.stream, AuditItem.finding, PseudoLabel.decision, AuditItem.rank)
            .join(PseudoLabel, PseudoLabel.id == AuditItem.pseudo_label_id)
            .join(AuditCase, AuditCase.id == AuditItem.case_id)
            .where(AuditCase.audit_id == audit_id, AuditCase.look == "first")
        )
        return [(row[0], row[1], row[2], row[3]) for row in session.execute(query)]


def pseudo(loop: Loop, iteration: Iteration) -> Counter[tuple[str, bool]]:
    """Pseudo labels of a training set, by finding and whether there is a lesion."""
    return Counter(
        (finding, target.mask is not None)
        for line in read_manifest(loop.blobs, iteration.training_set_sha256)
        for finding, target in line.targets.items()
        if target.kind == "pseudo"
    )


def test_the_population_is_the_positives_and_negatives_are_read_for_other_ends(held: Loop) -> None:
    _, audit_id = audited(held, **FOUR, **CONTOUR)
    wanted, found = by_hand(held, audit_id), drawn(held, audit_id)
    assert {row[2] for row in found if row[0] == "MEASURE"} == {"positive"}
    assert all("negative" in {row[2] for row in found if row[0] == stream} for stream in ("FIX", "SENTINEL", "HOLDOUT"))
    assert all(rank is None for _, _, decision, rank in found if decision == "negative")
    with held.database.transaction() as session:
        audit = session.get_one(Audit, audit_id)
        assert draw.redraw(session, audit_id)[0]
        order = population(session, audit)
        ours = {finding: set(order.units.label[rows].tolist()) for finding, rows in order.rows.items()}
        theirs = set(session.scalars(population_labels(audit).with_only_columns(PseudoLabel.id)))
        sizes = {row.finding: row.population for row in audit.strata if row.decision == "positive" and not row.held}
        assert not sum(row.population or 0 for row in audit.strata if row.decision == "negative" or row.held)
        assert audit.sample == {finding: min(4, len(own)) for finding, own in wanted.items()}
        audit.design = AuditDesign(**vars(audit.design) | {"teaches": "all"})
        session.flush()
        assert not draw.redraw(session, audit_id)[0]  # of what teaches otherwise it is another draw
        session.rollback()
    assert ours == wanted
    assert theirs == set().union(*wanted.values())
    assert sizes == {finding: len(own) for finding, own in wanted.items() if own}


def test_the_gate_bounds_wrong_masks_and_no_missed_lesion_shuts_it(loop: Loop) -> None:
    """A third of the labels say the opposite of the truth: lesions that are missed, and masks that are wrong."""
    iteration, audit_id = audited(loop, wrong=0.3, measure=30, fix=0, min_reads=4, **CONTOUR)
    read_truly(loop, audit_id)
    wanted = by_hand(loop, audit_id)
    with loop.database.transaction() as session:
        row = session.get_one(Iteration, iteration.id)
        verdict = judging.preview_gate(session, row)
        files = dict(session.execute(select(PseudoLabel.id, Image.file_name).join(Image)).all())
    for one in verdict.evidence:
        wrong = sum(not truth(POOL, files[label])[one.finding].any() for label in wanted[one.finding])
        assert (one.population, one.reads, one.errors) == (len(wanted[one.finding]), len(wanted[one.finding]), wrong)
    bounds = {c.finding: c for c in verdict.clauses if c.name == "certified-error"}
    for one in verdict.evidence:
        told = bounds[one.finding]
        assert told.value == pytest.approx(upper_share(one.population, 0.05, np.array([m == "1" for m in one.marks])))
        assert f"Of {one.population} positive masks that nobody had read" in told.sentence
    assert not all(clause.passed for clause in bounds.values())  # a wrong mask can shut it


def test_a_finding_without_a_positive_adds_nothing_and_says_so(loop: Loop) -> None:
    iteration, audit_id = audited(loop, measure=4, fix=200, **CONTOUR)  # FIX reads all there is
    with loop.database.transaction() as session:
        verdict = judging.preview_gate(session, session.get_one(Iteration, iteration.id))
    assert by_hand(loop, audit_id) == {finding: set() for finding in FINDINGS}
    told = {clause.sentence for clause in verdict.clauses if clause.name == "withheld"}
    assert any("has no positive pseudo label that nobody has read" in sentence for sentence in told)


def test_what_was_audited_for_contours_teaches_no_presence(loop: Loop) -> None:
    iteration, audit_id = audited(loop, measure=30, fix=0, **CONTOUR)
    read_case(loop, claim(loop, audit_id))  # type: ignore[arg-type]
    sentence = (
        r'of iteration 0 spoke of contours alone. Say \[pseudo\] teaches = "contour" in it, withhold every finding'
    )
    for refused in ({}, {"override": "all the same"}, {"withhold": FINDINGS[:4]}, {"recipes": [WHERE, BOTH]}):
        with pytest.raises(InvalidRecipe, match=sentence):
            loop.launch(**{"recipes": [BOTH], **refused})
    with loop.database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(GateDecision)) == 0  # refused before it was judged
        told = what_if.ask(session, session.get_one(Iteration, iteration.id), 0.4, 0.05, "hand")
        labels = dict(
            session.execute(
                select(PseudoLabel.finding, func.count()).where(PseudoLabel.decision == "positive").group_by("finding")
            ).all()
        )
    assert {(one.finding, one.side): one.labels for one in told.enters} == {
        (f, "positive"): labels[f] for f in FINDINGS
    }
    with pytest.raises(GateShut, match="positive masks"):
        loop.launch(recipes=[WHERE])
    second = loop.launch(recipes=[WHERE], override="a test of the set")
    held = pseudo(loop, second)
    assert {there for _, there in held} == {True}
    reads = Counter(
        (finding, target.kind)
        for line in read_manifest(loop.blobs, second.training_set_sha256)
        for finding, target in line.targets.items()
    )
    assert all(held[f, True] == labels[f] - reads[f, "read"] for f in FINDINGS)


@pytest.mark.parametrize("free", [{"refresh": True}, {"withhold": FINDINGS}])
def test_where_no_pseudo_label_enters_any_recipe_is_taken(loop: Loop, free: dict[str, Any]) -> None:
    audited(loop, measure=4, fix=0, **CONTOUR)
    assert not pseudo(loop, loop.launch(recipes=[BOTH], **free))


def test_what_was_audited_whole_may_teach_less(loop: Loop) -> None:
    audited(loop, measure=4, fix=0)
    second = loop.launch(recipes=[WHERE], override="a test", **CONTOUR)
    assert {there for _, there in pseudo(loop, second)} == {True, False}  # the set holds what its audit let through
    with loop.database.transaction() as session:
        assert next_declaration(session, loop.project_id).teaches == "contour"  # it lasts until somebody says otherwise


def test_positives_enter_by_their_own_certificate(loop: Loop) -> None:
    """One in five labels is wrong: of some findings too many positives for α, and of those nothing enters."""
    iteration, audit_id = audited(loop, wrong=0.2, measure=30, fix=0, **CONTOUR)
    read_truly(loop, audit_id)
    with loop.database.transaction() as session:
        row = session.get_one(Iteration, iteration.id)
        assert {one.certificate.side for one in propose(session, row, 0.25, 0.05)} == {"positive"}
        rows = {one.finding: one.threshold for one in confirm(session, row, 0.25, 0.05, loop.account_id)}
        let_in = {finding for finding, threshold in rows.items() if threshold is not None}
        assert 0 < len(let_in) < len(FINDINGS)
        labels = session.scalars(select(PseudoLabel).where(PseudoLabel.labelling_id == row.labelling_id)).all()
        weights = weigh_rows(labels, entries_of(session, row, "certified"))
        entering = {(one.finding, one.decision) for one, weight in zip(labels, weights, strict=True) if weight}
        told = what_if.ask(session, row, 0.25, 0.05, "certified")
        row.plan = replace(row.plan, family="project")
        assert certificate_doubt(session, row) == declared_doubt(session, row)  # no other side to share it with
        session.rollback()
    assert entering == {(finding, "positive") for finding in let_in}
    assert {one.finding for one in told.enters if one.labels} == let_in
    assert {one.side for one in told.enters} == {"positive"}


def test_estimates_of_positives_say_nothing_of_how_often_a_finding_is_there(loop: Loop) -> None:
    iteration, audit_id = audited(loop, wrong=0.2, measure=30, fix=0, **CONTOUR)
    read_truly(loop, audit_id)
    with loop.database.transaction() as session:
        audit = session.get_one(Audit, audit_id)
        found = audit_estimates(session, audit)
        assert found.done
        assert {one.quantity for one in found.live} == {one.quantity for one in found.final} == {"error", "dice"}
        assert {one.quantity for one in subgroup_bounds(session, audit)} <= {"error", "dice"}
        measures = {one.measure.name: one.measure for one in iteration_bias(session, iteration)}
    assert measures["volume"].value is None
    assert measures["selection"].value is not None


def test_power_counts_what_would_teach(loop: Loop) -> None:
    def sizes(declared: Declaration) -> dict[str, int]:
        with loop.database.transaction() as session:
            found = power_of_launch(session, loop.project_id, declared, 0.0)
        return {finding: one.population for finding, one in found.findings.items()}

    contour = Declaration(**vars(DEFAULT) | CONTOUR)
    assert sizes(contour) == sizes(DEFAULT) == dict.fromkeys(FINDINGS, 30)  # nobody knows yet how many are positive
    _, audit_id = audited(loop, measure=4, fix=20)
    positives = {finding: len(own) for finding, own in by_hand(loop, audit_id).items()}
    whole = sizes(DEFAULT)
    assert sizes(contour) == positives
    loop.label(loop.launch(recipes=[WHERE], override="a test", measure=4, fix=0, **CONTOUR))
    with loop.database.transaction() as session:
        last = session.scalars(select(Audit).order_by(Audit.id.desc()).limit(1)).one()
        positive = {row.finding: row.population for row in last.strata if row.decision == "positive"}
        negative = {row.finding: row.size for row in last.strata if row.decision == "negative"}
    assert sizes(contour) == positive
    assert sizes(DEFAULT) == {finding: positive[finding] + negative[finding] for finding in FINDINGS}  # type: ignore[operator]
    assert all(whole[finding] >= positives[finding] for finding in FINDINGS)
