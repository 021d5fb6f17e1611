"""Estimates on real rows: strata that add up, bounds while reading, estimates at the end, n/a without data."""

import numpy as np
import pytest
from sqlalchemy import select

from overread.db.tables import Audit, AuditCase, AuditItem, Image, PseudoLabel
from overread.services.estimates import live
from overread.services.estimates.strata import mean_risks, measured_reads, stratum_sizes, subgroup_sizes
from overread.services.films import projects
from overread.services.films.imports import import_source
from tests.loop import FINDINGS, POOL, Loop
from tests.reading import audited, claim, read_all, read_case


def estimates_of(loop: Loop, audit_id: int, half_width: float = 0.05) -> live.AuditEstimates:
    with loop.database.transaction() as session:
        return live.audit_estimates(session, session.get_one(Audit, audit_id), half_width)


def bound(found: live.AuditEstimates, quantity: str, finding: str | None = None) -> live.Live:
    return next(one for one in found.live if (one.quantity, one.finding) == (quantity, finding))


def test_strata_hold_every_decided_unit_and_every_item(loop: Loop) -> None:
    _, audit_id = audited(loop)
    with loop.database.transaction() as session:
        audit = session.get_one(Audit, audit_id)
        strata = stratum_sizes(session, audit)
        drawn = select(AuditItem.pseudo_label_id).where(AuditItem.stream == "FIX")
        decided = select(PseudoLabel).where(
            PseudoLabel.labelling_id == audit.labelling_id, PseudoLabel.decision != "uncertain"
        )
        decided = decided.where(PseudoLabel.id.not_in(drawn))
        labels = session.scalars(decided).all()
        means = mean_risks(session, audit, strata)
        items = session.execute(
            select(AuditItem.finding, AuditItem.stratum).where(AuditItem.stream == "MEASURE")
        ).all()  # fmt: skip
    assert set(map(tuple, items)) <= {(s.finding, s.number) for s in strata}
    held = sum(s.size for s in strata)
    assert held == len(labels)  # all that nobody has read, but for the FIX list
    overall = sum(s.size * mean for s, mean in zip(strata, means, strict=True)) / held
    assert overall == pytest.approx(np.mean([label.risk for label in labels]), abs=1e-6)


def test_a_bound_shrinks_as_reads_arrive_and_ends_in_estimates(loop: Loop) -> None:
    _, audit_id = audited(loop, wrong=0.3)
    before = estimates_of(loop, audit_id)
    assert (before.reads, before.done, before.final) == (0, False, [])
    start = bound(before, "error")
    assert (start.value, start.sequence.low, start.sequence.high) == (None, 0.0, 1.0)
    assert before.needed[None] is None
    width, turn = 1.0, 0
    while (case := claim(loop, audit_id)) is not None:
        turn += 1
        read_case(loop, case, "reject" if turn % 3 else "accept")
        now = bound(estimates_of(loop, audit_id), "error")
        assert now.sequence.high - now.sequence.low <= width
        width = now.sequence.high - now.sequence.low
    end = estimates_of(loop, audit_id)
    assert end.done
    assert width < 0.6
    with loop.database.transaction() as session:
        lies = len([read for read in measured_reads(session, session.get_one(Audit, audit_id)) if read.unacceptable])
    error = next(one for one in end.final if one.quantity == "error" and one.group is None)
    assert error.method == "stratified"
    assert error.low < error.value < error.high
    assert error.value == pytest.approx(lies / end.reads, abs=0.1)  # a draw in proportion
    assert {one.name for one in end.final if one.group == "finding"} <= set(FINDINGS)


def test_bounds_are_those_of_a_replay_whenever_they_are_looked_at(loop: Loop) -> None:
    _, audit_id = audited(loop, wrong=0.3)
    while (case := claim(loop, audit_id)) is not None:
        read_case(loop, case, "reject")
        estimates_of(loop, audit_id)
    watched = bound(estimates_of(loop, audit_id), "error", FINDINGS[0])
    live._kept.clear()
    assert bound(estimates_of(loop, audit_id), "error", FINDINGS[0]).path == watched.path
    with loop.database.transaction() as session:
        case = session.scalars(select(AuditCase).where(AuditCase.audit_id == audit_id).order_by(AuditCase.id)).first()
        assert case is not None
        from overread.services.audit.queue import claim_case

        case = claim_case(session, case.id, loop.account_id)
    read_case(loop, case, "cannot_tell", key="second-look")
    again = estimates_of(loop, audit_id)
    assert again.cannot_tell > 0  # what was taken back is counted out, by a replay
    assert bound(again, "error").sequence.reads.sum() == again.reads - again.cannot_tell


def test_nothing_told_is_not_available_and_never_nought(loop: Loop) -> None:
    _, audit_id = audited(loop)
    read_all(loop, audit_id, "cannot_tell")
    found = estimates_of(loop, audit_id)
    assert found.done
    assert found.cannot_tell == found.reads > 0
    assert found.final == []
    assert all(one.value is None for one in found.live)
    assert set(found.needed.values()) == {None}


def test_subgroups_are_estimated_where_films_tell_them_apart(loop: Loop) -> None:
    _, audit_id = audited(loop, wrong=0.4)
    with loop.database.transaction() as session:
        for number, image in enumerate(session.scalars(select(Image).where(Image.split == "pool"))):
            image.view, image.sex = ("PA", "AP")[number % 2], None
    with loop.database.transaction() as session:
        audit = session.get_one(Audit, audit_id)
        strata = stratum_sizes(session, audit)
        sizes = subgroup_sizes(session, audit, strata)
        bare = {(one.quantity, one.subgroup): one for one in live.subgroup_bounds(session, audit)}
    assert set(sizes) == {("view", "AP"), ("view", "PA")}  # the only source is its own site; sex is not known
    for stratum in strata:
        assert sum(counts.get(stratum.number, 0) for counts in sizes.values()) == stratum.size
    assert all((one.value, one.sequence.low, one.sequence.high) == (None, 0.0, 1.0) for one in bare.values())
    read_all(loop, audit_id, "reject")
    with loop.database.transaction() as session:
        bounds = live.subgroup_bounds(session, session.get_one(Audit, audit_id))
        reads = measured_reads(session, session.get_one(Audit, audit_id))
    for name in ("AP", "PA"):
        bound = next(one for one in bounds if (one.quantity, one.subgroup) == ("error", ("view", name)))
        own = [read for read in reads if read.inside["view"] == name]
        assert bound.sequence.reads.sum() == len(own) > 0
        assert bound.sequence.low < np.mean([read.unacceptable for read in own]) < bound.sequence.high < 1
    final = estimates_of(loop, audit_id).final
    views = [one for one in final if one.group == "view" and one.quantity == "error"]
    assert [one.name for one in views] == ["AP", "PA"]
    assert all(0 <= one.low <= one.value <= one.high <= 1 for one in views)
    assert not [one for one in final if one.group == "sex"]  # one group alone is no subgroup


def test_a_site_is_told_where_it_is_not_a_source_again(loop: Loop) -> None:
    with loop.database.transaction() as session:
        new = projects.NewSource("annex", "phantom", "pool", "made here", None, "pool", POOL | {"seed": 9, "count": 12})
        annex = projects.create_source(session, loop.project_id, new).id
        far = projects.NewSource("far", "phantom", "pool", "made here", options=POOL | {"seed": 11, "count": 12})
        other = projects.create_source(session, loop.project_id, far).id
    for source_id in (annex, other):
        import_source(loop.database, loop.blobs, source_id)
    _, audit_id = audited(loop, wrong=0.3)
    with loop.database.transaction() as session:
        audit = session.get_one(Audit, audit_id)
        sizes = subgroup_sizes(session, audit, stratum_sizes(session, audit))
    assert {name for group, name in sizes if group == "source"} == {"pool", "annex", "far"}
    assert {name for group, name in sizes if group == "site"} == {"pool", "far"}  # two sources of one hospital
    read_all(loop, audit_id, "reject")
    final = [one for one in estimates_of(loop, audit_id).final if one.quantity == "error"]
    assert {one.name for one in final if one.group == "site"} == {"pool", "far"}
    assert len({one.name for one in final if one.group == "source"}) == 3
