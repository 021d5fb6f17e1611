"""Pairs by disagreement, what stands side by side, and the word on a public label, which trains nothing."""

import csv
import io
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from overread.db.tables import Image, Iteration, PseudoLabel, PublicLabelRead, Read, TrailLine
from overread.domain.errors import Conflict, InvalidInput, NotFound
from overread.domain.imaging import masks
from overread.services import trail
from overread.services.explore import compare, public_labels
from overread.services.explore.compare import PairFilter
from tests.loop import Loop
from tests.reading import audited, claim, read_all, read_case


def pairs(
    loop: Loop,
    iteration: Iteration,
    where: PairFilter = PairFilter(),  # noqa: B008
    page: int = 4,
) -> list[compare.ComparedLabel]:
    """Every page, each from where the last one ended."""
    assert iteration.labelling_id is not None
    found: list[compare.ComparedLabel] = []
    after = None
    with loop.database.transaction() as session:
        while rows := compare.list_pairs(session, iteration.labelling_id, where, after, page, loop.account_id):
            found += rows
            after = rows[-1].dice, rows[-1].label.id
            assert len({row.label.id for row in found}) == len(found)  # a page that repeats a pair would never end
        assert compare.count_pairs(session, iteration.labelling_id, where, loop.account_id) == len(found)
    return found


def test_pairs_come_least_alike_first_whatever_ties_and_filters(loop: Loop) -> None:
    iteration, audit_id = audited(loop, wrong=0.4)
    every = pairs(loop, iteration)
    values = [row.dice for row in every]
    assert values == sorted(values)
    assert len({row.label.id for row in every}) == len(every) > 10
    assert {0, 1} <= set(values)
    read_case(loop, claim(loop, audit_id), "fix")  # type: ignore[arg-type]
    read_all(loop, audit_id, "reject")
    every = pairs(loop, iteration)
    for where, kept in {
        PairFilter(finding="nodule"): [row for row in every if row.label.finding == "nodule"],
        PairFilter(low=0.5): [row for row in every if row.dice >= 0.5],
        PairFilter(high=0.5): [row for row in every if row.dice <= 0.5],
        PairFilter(verdict="reject"): [row for row in every if row.verdict == "reject"],
        PairFilter(verdict="fix"): [row for row in every if row.verdict == "fix"],
        PairFilter(verdict="unread"): [row for row in every if row.verdict is None],
        PairFilter(source_id=10**6): [],
    }.items():
        assert [row.label.id for row in pairs(loop, iteration, where)] == [row.label.id for row in kept]
    with pytest.raises(InvalidInput, match="against is one of"):
        PairFilter("mood")


def test_pairs_with_reads_have_the_dice_of_the_read_on_this_very_label(loop: Loop) -> None:
    iteration, audit_id = audited(loop, alpha=0.9)
    read_case(loop, claim(loop, audit_id), "fix")  # type: ignore[arg-type]
    read_all(loop, audit_id)
    found = pairs(loop, iteration, PairFilter("read"))
    with loop.database.transaction() as session:
        reads = {read.pseudo_label_id: read.dice for read in session.scalars(select(Read)) if read.dice is not None}
    assert {row.label.id: row.dice for row in found} == reads
    assert found[0].dice < 1 == found[-1].dice
    second = loop.launch(alpha=0.9)
    loop.label(second)
    with loop.database.transaction() as session:
        second = session.get_one(Iteration, second.id)
    assert pairs(loop, second, PairFilter("read")) == []


def test_all_that_stands_on_a_case_is_measured_pair_by_pair(loop: Loop) -> None:
    _, audit_id = audited(loop, alpha=0.9)
    read_case(loop, claim(loop, audit_id), "fix")  # type: ignore[arg-type]
    read_all(loop, audit_id)
    second = loop.launch(alpha=0.9)
    loop.label(second, wrong=1.0)
    with loop.database.transaction() as session:
        session.execute(update(Image).values(row_spacing_mm=0.5, column_spacing_mm=0.25))
        fixed = session.scalars(select(Read).where(Read.verdict == "fix").order_by(Read.id)).first()
        assert fixed is not None
        label = session.scalars(
            select(PseudoLabel).where(
                PseudoLabel.labelling_id == session.get_one(Iteration, second.id).labelling_id,
                PseudoLabel.image_id == fixed.image_id,
                PseudoLabel.finding == fixed.finding,
            )
        ).one()
        told = compare.compare_masks(session, label.id, loop.account_id)
        first = compare.compare_masks(session, fixed.pseudo_label_id, loop.account_id)
    assert list(told.panes) == [name for name in compare.PANES if name in told.panes]
    assert {"pseudo", "read", "previous"} <= set(told.panes)
    assert "previous" not in first.panes
    assert told.panes["previous"].mask == first.panes["pseudo"].mask
    assert told.panes["read"].area == 25
    assert told.panes["read"].area_mm2 == pytest.approx(25 * 0.125)
    pixels = {name: pane.mask.pixels for name, pane in told.panes.items()}
    for one in told.agreements:
        both = pixels[one.a].any() or pixels[one.b].any()
        assert one.dice == (pytest.approx(masks.dice(pixels[one.a], pixels[one.b])) if both else None)
        assert (one.nsd is None) == (not both)
    assert len(told.agreements) == len(told.panes) * (len(told.panes) - 1) / 2
    assert told.scale.unit == "mm"


def test_a_pair_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    square = np.zeros((20, 20), bool)
    square[3:9, 3:9] = True
    scale = compare.scale_of(20, 20, None)  # type: ignore[attr-defined]
    mask = masks.Rle.of(square)
    assert compare.measure(mask, mask, scale) == (1.0, 1.0)
    monkeypatch.setattr(compare, "surface_dice", lambda *_: pytest.fail("measured again"))
    assert compare.measure(mask, mask, scale) == (1.0, 1.0)


def public_pair(loop: Loop, iteration: Iteration) -> PseudoLabel:
    return pairs(loop, iteration)[0].label


def say(loop: Loop, label_id: int, verdict: str, note: str | None = None) -> PublicLabelRead:
    with loop.database.transaction() as session:
        return public_labels.read_public_label(session, label_id, loop.account_id, verdict, note)


def test_a_wrong_public_label_is_a_read_of_its_own_and_can_be_taken_back(loop: Loop) -> None:
    iteration, _ = audited(loop)
    label = public_pair(loop, iteration)
    with pytest.raises(Conflict, match="Nobody said"):
        say(loop, label.id, "withdrawn")
    say(loop, label.id, "wrong", "=1+1 a skin fold")
    with pytest.raises(Conflict, match="already"):
        say(loop, label.id, "wrong")
    assert [row.label.id for row in pairs(loop, iteration, PairFilter(wrong=True))] == [label.id]
    assert label.id not in {row.label.id for row in pairs(loop, iteration, PairFilter(wrong=False))}
    say(loop, label.id, "withdrawn")
    assert pairs(loop, iteration, PairFilter(wrong=True)) == []
    with loop.database.transaction() as session:
        said = public_labels.history(session, label.image_id, label.finding)
        told = public_labels.csv_lines(session, loop.project_id, loop.account_id)
        lines = list(csv.DictReader(io.StringIO("".join(told))))
        kept = session.scalars(select(TrailLine).where(TrailLine.action == "public-label.read")).all()
        assert trail.verify_trail(session).fault is None
    assert [(one.read.verdict, one.reader) for one in said] == [("withdrawn", "reader one"), ("wrong", "reader one")]
    assert [(line["verdict"], line["counts"]) for line in lines] == [("wrong", "0"), ("withdrawn", "0")]
    assert lines[0]["note"] == "'=1+1 a skin fold"  # no formula in a spreadsheet
    assert len(kept) == 2
    for statement in ("update public_label_read set note = null", "delete from public_label_read"):
        with pytest.raises(IntegrityError, match="never changed"), loop.database.transaction() as session:
            session.execute(text(statement))


def test_it_is_said_of_public_labels_alone(loop: Loop) -> None:
    iteration, _ = audited(loop)
    with loop.database.transaction() as session:
        bare = session.scalars(
            select(PseudoLabel.id).where(PseudoLabel.image_id.not_in(public_images(session, iteration))).limit(1)
        ).one()
    for label_id in (bare, 10**9):
        with pytest.raises(NotFound, match="no public label"):
            say(loop, label_id, "wrong")
    with pytest.raises(InvalidInput, match="is no verdict"):
        say(loop, bare, "fine")


def public_images(session: Any, iteration: Iteration) -> list[int]:
    from overread.db.tables import SourceMask

    return list(session.scalars(select(SourceMask.image_id).where(SourceMask.kind == "public")))


def test_the_next_training_set_does_not_know_of_it(loop: Loop) -> None:
    iteration, audit_id = audited(loop)
    read_all(loop, audit_id)
    before = loop.launch().training_set_sha256
    with loop.database.transaction() as session:
        from overread.services.loop.iterations import cancel_iteration

        second = session.scalars(select(Iteration).order_by(Iteration.id.desc()).limit(1)).one()
        cancel_iteration(session, second.id)
    say(loop, public_pair(loop, iteration).id, "wrong")
    assert loop.launch().training_set_sha256 == before
