"""The pool's wall: every film once, in order, from any anchor; histograms that add up; a FIX list of one's own."""

from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from overread.db.tables import Audit, AuditCase, AuditItem, Image, Iteration, Mask, PseudoLabel, Source, TrailLine
from overread.domain.errors import Conflict, InvalidInput
from overread.domain.imaging.masks import dice
from overread.domain.policy.gate import FindingEvidence
from overread.services import trail
from overread.services.audit import fix_list, queue
from overread.services.audit.sample import gate_evidence
from overread.services.blinding import planted
from overread.services.explore import pool
from overread.services.films.masks import mask_pixels
from overread.services.films.thumbnails import thumbnail
from tests.loop import FINDINGS, Loop
from tests.reading import audited, claim, read_all, read_case

FINDING = "nodule"


@pytest.fixture
def labelled(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> int:
    """A published labelling of 30 films whose audit is over, in pages of 7, with ties in presence; ten films are from
    the front."""
    monkeypatch.setattr(pool, "PAGE", 7)
    iteration, _ = audited(loop)
    close(loop)
    with loop.database.transaction() as session:
        first = select(Image.id).where(Image.split == "pool").order_by(Image.id).limit(10)
        session.execute(update(Image).where(Image.id.in_(first)).values(view="AP"))
        session.execute(update(PseudoLabel).values(agreement=(PseudoLabel.id % 9) / 9.0, variance=0.01))
    assert iteration.labelling_id is not None
    return iteration.labelling_id


def close(loop: Loop) -> None:
    """End every open audit."""
    with loop.database.transaction() as session:
        session.execute(update(Iteration).where(Iteration.stage == "auditing").values(stage="closed"))


def hang(loop: Loop, labelling_id: int, wall: pool.Wall) -> list[pool.Tile]:
    """All pages, each from its anchor."""
    with loop.database.transaction() as session:
        laid = pool.lay_out(session, labelling_id, wall)
        pages = [pool.list_tiles(session, labelling_id, wall, place) for place in (None, *laid.after)]
        assert [len(page) for page in pages[:-1]] == [7] * (len(pages) - 1)
        tiles = [tile for page in pages for tile in page]
        assert len(tiles) == laid.total
        return tiles


@pytest.mark.parametrize("order", pool.WALL)  # type: ignore[attr-defined]
def test_every_film_hangs_once_in_order_whatever_ties(loop: Loop, labelled: int, order: str) -> None:
    with loop.database.transaction() as session:
        session.execute(update(PseudoLabel).values(changed=(PseudoLabel.id % 7) / 7.0))
    tiles = hang(loop, labelled, pool.Wall(FINDING, order))
    assert len({tile.image.id for tile in tiles}) == 30
    values = [getattr(tile.label, order) for tile in tiles]
    assert values == sorted(values, reverse=order != "agreement")
    assert all((tile.mask.area if tile.mask else 0) == tile.label.area for tile in tiles)


def test_filters_keep_what_they_say(loop: Loop, labelled: int) -> None:
    every = hang(loop, labelled, pool.Wall(FINDING))
    drawn = [tile.label.id for tile in every if tile.mask is not None]
    assert 0 < len(drawn) < 30
    cases = {
        pool.Wall(FINDING, decision="positive"): drawn,
        pool.Wall(FINDING, area=(1, 1 << 20)): drawn,
        pool.Wall(FINDING, presence=(0.5, 1.0)): drawn,
        pool.Wall(FINDING, presence=(0.0, 0.9)): [tile.label.id for tile in every if tile.mask is None],
        pool.Wall(FINDING, view="AP"): [tile.label.id for tile in every if tile.image.view == "AP"],
        pool.Wall(FINDING, source_id=999_999): [],
        pool.Wall(FINDING, site="elsewhere"): [],
        pool.Wall(FINDING, site=site_of(loop)): [tile.label.id for tile in every],
    }
    for wall, wanted in cases.items():
        assert [tile.label.id for tile in hang(loop, labelled, wall)] == wanted
    with pytest.raises(InvalidInput, match="order is one of"):
        pool.Wall(FINDING, "mood")


def test_change_since_the_iteration_before_is_stored_sorted_filtered_and_counted(loop: Loop) -> None:
    first, _ = audited(loop)
    with loop.database.transaction() as session:
        assert set(session.scalars(select(PseudoLabel.changed))) == {None}
        assert pool.count_bins(session, first.labelling_id or 0, pool.Wall(FINDING))["changed"] == []
        assert pool.lay_out(session, first.labelling_id or 0, pool.Wall(FINDING, "changed")).total == 0
    second = loop.launch(override="to compare with")
    loop.label(second, wrong=0.4)
    close(loop)
    with loop.database.transaction() as session:
        labelling_id = session.get_one(Iteration, second.id).labelling_id or 0
        drawn = {
            (label.labelling_id, label.image_id): None if mask is None else mask_pixels(mask)
            for label, mask in session.execute(
                select(PseudoLabel, Mask)
                .outerjoin(Mask, Mask.id == PseudoLabel.mask_id)
                .where(PseudoLabel.finding == FINDING)
            )
        }
        every = pool.list_tiles(session, labelling_id, pool.Wall(FINDING, "changed"), None)
        part = pool.list_tiles(session, labelling_id, pool.Wall(FINDING, changed=(0.5, 1.0)), None)
        bins = pool.count_bins(session, labelling_id, pool.Wall(FINDING, changed=(0.5, 1.0)))["changed"]
    for label, image in ((tile.label, tile.image) for tile in every):
        now, before = drawn[labelling_id, image.id], drawn[first.labelling_id or 0, image.id]
        wanted = float((now is None) != (before is None))
        if now is not None and before is not None:
            wanted = 1 - dice(now, before)  # type: ignore[operator]
        assert label.changed == pytest.approx(wanted)
    values = [tile.label.changed for tile in every]
    assert values == sorted(values, reverse=True)  # type: ignore[type-var]
    assert {0.0, 1.0} <= set(values)
    assert {tile.label.id for tile in part} == {tile.label.id for tile in every if tile.label.changed >= 0.5}  # type: ignore[operator]
    assert (sum(one.count for one in bins), bins[-1].count) == (30, values.count(1.0))


def test_a_planted_error_is_as_far_from_the_iteration_before_as_its_mask_says(loop: Loop) -> None:
    first, _ = audited(loop)
    second = loop.launch(override="another audit", measure=0, fix=0, sentinel=20)
    loop.label(second)
    with loop.database.transaction() as session:
        labels = session.scalars(select(PseudoLabel).where(PseudoLabel.id.in_(planted.planted_labels()))).all()
        assert labels
        for label in labels:
            shown = planted.shown_labels(session, [label])[label.id]
            now, before = (
                None if mask_id is None else mask_pixels(session.get_one(Mask, mask_id))
                for mask_id in (shown.mask_id, mask_of(session, first.labelling_id, label))
            )
            same = 1 - dice(now, before) if now is not None and before is not None else float(now is not before)  # type: ignore[operator]
            assert label.changed == 0.0 != shown.changed == pytest.approx(same)


def mask_of(session: Session, labelling_id: int | None, label: PseudoLabel) -> int | None:
    query = select(PseudoLabel.mask_id).filter_by(labelling_id=labelling_id, image_id=label.image_id)
    return session.scalars(query.filter_by(finding=label.finding)).one()


def site_of(loop: Loop) -> str:
    with loop.database.transaction() as session:
        return session.scalars(select(Source.namespace).where(Source.role == "pool")).one()


def test_histograms_add_up_and_leave_their_own_range_out(loop: Loop, labelled: int) -> None:
    with loop.database.transaction() as session:
        bins = pool.count_bins(session, labelled, pool.Wall(FINDING))
        chosen = pool.count_bins(session, labelled, pool.Wall(FINDING, presence=(0.5, 1.0)))
        areas = session.scalars(select(PseudoLabel.area).filter_by(labelling_id=labelled, finding=FINDING)).all()
        whole = {one.id for one in session.scalars(select(PseudoLabel).filter_by(finding=FINDING))}
        assert "AP" in pool.list_views(session, loop.project_id)
    assert sum(one.count for one in bins["presence"]) == sum(one.count for one in bins["area"]) == len(whole) == 30
    for one in bins["area"]:
        assert one.count == sum(one.low <= area < one.high for area in areas)
    assert chosen["presence"] == bins["presence"]
    assert chosen["area"][0].count == 0 < bins["area"][0].count
    wall = pool.Wall(FINDING, area=(int(bins["area"][-1].low), int(bins["area"][-1].high)))
    assert len(hang(loop, labelled, wall)) == bins["area"][-1].count


def undrawn(loop: Loop, audit_id: int) -> list[PseudoLabel]:
    with loop.database.transaction() as session:
        drawn = select(AuditItem.pseudo_label_id).join(AuditCase).where(AuditCase.audit_id == audit_id)
        return list(session.scalars(select(PseudoLabel).where(PseudoLabel.id.not_in(drawn)).order_by(PseudoLabel.id)))


def add(loop: Loop, audit_id: int, *labels: int) -> fix_list.Added:
    with loop.database.transaction() as session:
        return fix_list.add_to_fix_list(session, audit_id, list(labels), loop.account_id)


def evidence(session: Session, audit_id: int) -> list[FindingEvidence]:
    return gate_evidence(session, session.get_one(Audit, audit_id), FINDINGS)


def test_chosen_labels_are_read_named_and_not_measured_by(loop: Loop) -> None:
    _, audit_id = audited(loop, measure=2, fix=2)
    chosen = [label.id for label in undrawn(loop, audit_id)[:12]]
    assert add(loop, audit_id, *chosen) == fix_list.Added(12, 0, 0)
    assert add(loop, audit_id, *chosen) == fix_list.Added(0, 12, 0)
    with loop.database.transaction() as session:
        items = session.scalars(select(AuditItem).where(AuditItem.pseudo_label_id.in_(chosen))).all()
        before = evidence(session, audit_id)
        lines = session.scalars(select(TrailLine).where(TrailLine.action == "audit.extended")).all()
        assert trail.verify_trail(session).fault is None
    assert {(i.stream, i.inclusion_probability, i.account_id) for i in items} == {("FIX", None, loop.account_id)}
    assert [line.detail["labels"] for line in lines] == [chosen]
    read_all(loop, audit_id)
    with loop.database.transaction() as session:
        after = evidence(session, audit_id)
        assert queue.audit_progress(session, audit_id).items_done == 12 + 12
    assert sum(finding.reads for finding in after) == 10
    assert [finding.population for finding in before] == [finding.population for finding in after]


def test_a_film_that_was_read_comes_up_again_and_one_being_read_is_left(loop: Loop) -> None:
    _, audit_id = audited(loop, measure=0, fix=2)
    held = claim(loop, audit_id)
    assert held is not None
    on_film = [label for label in undrawn(loop, audit_id) if label.image_id == held.image_id]
    assert add(loop, audit_id, on_film[0].id) == fix_list.Added(0, 0, 1)
    read_case(loop, held)
    assert add(loop, audit_id, on_film[0].id) == fix_list.Added(1, 0, 0)
    with loop.database.transaction() as session:
        assert session.get_one(AuditCase, held.id).done is False


def test_a_place_in_the_queue_does_not_tell_that_it_was_chosen(loop: Loop) -> None:
    _, audit_id = audited(loop, measure=1, fix=5)
    with loop.database.transaction() as session:
        cases = set(session.scalars(select(AuditCase.id)))
        last = session.scalar(select(func.max(AuditCase.position)))
        films = set(session.scalars(select(AuditCase.image_id)))
    add(loop, audit_id, *[label.id for label in undrawn(loop, audit_id) if label.image_id not in films])
    with loop.database.transaction() as session:
        places = session.scalars(select(AuditCase.position).where(AuditCase.id.not_in(cases))).all()
    assert len(places) > 10
    assert min(places) < last / 2  # type: ignore[operator]


def test_only_an_open_audit_takes_labels_and_only_its_own(loop: Loop) -> None:
    iteration, audit_id = audited(loop)
    with pytest.raises(InvalidInput, match="1 of these labels"):
        add(loop, audit_id, 10**9)
    label = undrawn(loop, audit_id)[0]
    with loop.database.transaction() as session:
        session.get_one(Iteration, iteration.id).stage = "closed"
        assert session.get_one(Audit, audit_id)
    with pytest.raises(Conflict, match="is closed"):
        add(loop, audit_id, label.id)


def test_a_thumbnail_is_made_once(loop: Loop, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with loop.database.transaction() as session:
        sha256 = session.scalars(select(Image.sha256).limit(1)).one()
    first = thumbnail(tmp_path, loop.blobs, sha256, 150)
    monkeypatch.setattr(loop.blobs, "get", lambda _sha: pytest.fail("read again"))
    assert thumbnail(tmp_path, loop.blobs, sha256, 160) == first
    assert first[:8] == b"\x89PNG\r\n\x1a\n"


def test_a_page_is_read_from_its_index_alone(loop: Loop, labelled: int) -> None:
    """On a pool where it pays: as many rows as make Postgres look for an index."""
    with loop.database.transaction() as session:
        # What a table of a few pages would be read by, once Postgres has counted them.
        for shortcut in ("seqscan", "bitmapscan", "sort"):
            session.execute(text(f"set local enable_{shortcut} = off"))
        for order in pool.WALL:  # type: ignore[attr-defined]
            wall = pool.Wall(FINDING, order)
            for after in (None, (0.5, 10)):
                plan = "\n".join(session.scalars(text(f"explain {compiled(pool._page(labelled, wall, after))}")))
                assert f"ix_pseudo_label_wall_{order}" in plan, plan
                assert "Sort" not in plan
                assert (after is None) == ("Index Cond: (ROW(" not in plan and "AND (ROW(" not in plan), plan


def compiled(query: Any) -> str:
    from sqlalchemy.dialects import postgresql

    return str(query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))
