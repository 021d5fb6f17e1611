"""The same pixels again: with the same masks they are unchanged; of their own file a newer mask stands from then on,
another file that says something else is refused by name."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from overread.db.tables import Image, Iteration, Mask, MaskChange, Source, SourceMask, TrailLine
from overread.domain.source_reports import OlderMasks
from overread.services.films.changes import newer_notes
from overread.services.films.report import source_report
from overread.services.loop.training_sets import manifest_bytes, manifest_items
from tests.loop import FINDINGS, Loop
from tests.services.films.folders import film, folder_source, lines, source_id

LESION = np.zeros((24, 20), np.uint8)
LESION[3:9, 4:10] = 255
OTHER = np.zeros((24, 20), np.uint8)
OTHER[3:7, 4:8] = 255


def marked(films: Path, *names: str) -> None:
    """Films with a nodule each."""
    for name in names:
        film(films / f"{name}.png", ord(name))
        cv2.imwrite(str(films / f"{name}__nodule.png"), LESION)


def known(loop: Loop, source: str) -> dict[tuple[str, str], int]:
    query = (
        select(Image.file_name, SourceMask.finding, Mask.area)
        .join(SourceMask, SourceMask.image_id == Image.id)
        .join(Mask, Mask.id == SourceMask.mask_id)
        .join(Source, Source.id == Image.source_id)
    )
    with loop.database.transaction() as session:
        return {(name, finding): area for name, finding, area in session.execute(query.where(Source.name == source))}


@pytest.mark.parametrize("bytes_too", [True, False])
def test_a_twin_with_another_mask_is_refused_and_both_are_named(loop: Loop, films: Path, bytes_too: bool) -> None:
    film(films / "a.png", 1)
    (films / "b.png").write_bytes((films / "a.png").read_bytes() + (b"" if bytes_too else b"trailing"))
    (films / "patients.csv").write_text("file,patient_id\na.png,p1\nb.png,p1\n")
    cv2.imwrite(str(films / "b__nodule.png"), LESION)
    assert folder_source(loop, films, "twins") == {"added": 1, "refused": 1}
    reason = str(lines(loop, "twins")["b.png"][1])
    assert "Its nodule mask has 36 px, and a.png, with the same pixels, came with another one, of 0 px." in reason


def test_a_changed_reference_stands_from_then_on_and_the_old_one_is_kept(loop: Loop, films: Path) -> None:
    marked(films, "a", "b")
    folder_source(loop, films, "ours")
    cv2.imwrite(str(films / "a__nodule.png"), OTHER)
    assert folder_source(loop, films, "ours") == {"changed": 1, "unchanged": 1}
    assert lines(loop, "ours")["a.png"] == ("changed", "nodule of 16 px in the place of 36 px")
    assert {key: area for key, area in known(loop, "ours").items() if area} == {
        ("a.png", "nodule"): 16,
        ("b.png", "nodule"): 36,
    }
    assert folder_source(loop, films, "ours") == {"unchanged": 2}
    cv2.imwrite(str(films / "a__nodule.png"), np.zeros_like(LESION))
    cv2.imwrite(str(films / "b__fibrosis.png"), OTHER)  # until now b was known to have none
    assert folder_source(loop, films, "ours") == {"changed": 2}
    with loop.database.transaction() as session:
        old, new = aliased(Mask), aliased(Mask)
        query = select(MaskChange.finding, old.area, new.area).join(old, old.id == MaskChange.old_mask_id)
        changes = session.execute(query.join(new, new.id == MaskChange.mask_id).order_by(MaskChange.id)).all()
        trail = select(TrailLine.detail).where(TrailLine.action == "source.imported").order_by(TrailLine.id.desc())
        assert session.scalars(trail).first() == {"changed": 2}
        found = source_report(session, source_id(loop, "ours"))
    assert [tuple(row) for row in changes] == [("nodule", 36, 16), ("nodule", 16, 0), ("fibrosis", 0, 16)]
    assert sorted((one.finding, one.films) for one in found.changed) == [("fibrosis", 1), ("nodule", 1)]


def test_a_mask_that_is_gone_does_not_become_no_lesion(loop: Loop, films: Path) -> None:
    marked(films, "a", "b")
    folder_source(loop, films, "ours")
    before = known(loop, "ours")
    (films / "a__nodule.png").unlink()
    assert folder_source(loop, films, "ours") == {"refused": 1, "unchanged": 1}
    told = str(lines(loop, "ours")["a.png"][1])
    assert told.startswith("Its nodule mask, of 36 px, is gone. Bring it back, or declare that the film has no nodule")
    assert known(loop, "ours") == before


@pytest.mark.parametrize("role", ["external", "pool"])
def test_what_another_source_says_now_changes_nothing(loop: Loop, films: Path, role: str) -> None:
    marked(films, "a")
    folder_source(loop, films, "ours", role)
    before = known(loop, "ours")
    cv2.imwrite(str(films / "a__nodule.png"), OTHER)
    assert folder_source(loop, films, "the hospital", role) == {"refused": 1}
    assert "Its nodule mask has 16 px, and a.png, with the same pixels" in str(lines(loop, "the hospital")["a.png"][1])
    assert known(loop, "ours") == before


def test_training_sets_keep_the_masks_that_they_were_made_of(loop: Loop, films: Path) -> None:
    def taught(iteration: Iteration) -> tuple[bytes, dict[str, dict[str, bytes | None]]]:
        sha256 = iteration.training_set_sha256
        with loop.database.transaction() as session:
            items = manifest_items(session, loop.blobs, loop.project_id, sha256)
            return manifest_bytes(session, loop.blobs, sha256), {one.image_sha256: one.counts for one in items}

    def told() -> tuple[list[OlderMasks], list[str]]:
        with loop.database.transaction() as session:
            source = session.get_one(Source, source_id(loop, "ours"))
            notes = [note.sentence for note in newer_notes(session, source)]
            return source_report(session, source.id).older, notes

    marked(films, "a", "b", "c")
    folder_source(loop, films, "ours", shares={"train": 1.0})
    first = loop.launch()
    before = taught(first)
    cv2.imwrite(str(films / "a__nodule.png"), OTHER)
    cv2.imwrite(str(films / "b__fibrosis.png"), OTHER)
    cv2.imwrite(str(films / "c__nodule.png"), np.zeros_like(LESION))
    assert folder_source(loop, films, "ours", shares={"train": 1.0}) == {"changed": 3}
    assert taught(first) == before
    note = "3 masks are newer than those that iteration 0 learned from: the next launch learns from them."
    assert told() == ([OlderMasks(0, 3)], [note])
    loop.label(first)
    second = loop.launch(override="to learn from newer masks")
    assert taught(second)[1] != before[1]
    assert told() == ([OlderMasks(0, 3)], [])
    marked(films, "a", "c")  # as they were at first
    cv2.imwrite(str(films / "b__fibrosis.png"), np.zeros_like(LESION))
    assert folder_source(loop, films, "ours", shares={"train": 1.0}) == {"changed": 3}
    assert told()[0] == [OlderMasks(1, 3)]


@pytest.mark.parametrize("statement", [
    "update source_mask set mask_id = (select max(id) from mask)",
    "update source_mask set kind = 'public'",
    "delete from source_mask",
    "delete from mask_change",
    "update mask_change set mask_id = old_mask_id + 100",
])  # fmt: skip
def test_no_hand_changes_a_reference_without_a_word(loop: Loop, films: Path, statement: str) -> None:
    marked(films, "a")
    folder_source(loop, films, "ours")
    cv2.imwrite(str(films / "a__nodule.png"), OTHER)
    folder_source(loop, films, "ours")
    with pytest.raises(IntegrityError), loop.database.transaction() as session:
        session.execute(text(statement))


def test_masks_of_what_was_unknown_are_added(loop: Loop, films: Path) -> None:
    film(films / "a.png", 1)
    folder_source(loop, films, "later")
    assert known(loop, "later") == {}
    cv2.imwrite(str(films / "a__nodule.png"), LESION)
    assert folder_source(loop, films, "later") == {"added": 1}
    assert lines(loop, "later")["a.png"] == ("added", f"{', '.join(FINDINGS)}, unknown before, to a.png")
    assert known(loop, "later") == {("a.png", finding): 36 * (finding == "nodule") for finding in FINDINGS}
    assert folder_source(loop, films, "later") == {"unchanged": 1}


def test_what_another_source_left_unknown_is_not_added_there(loop: Loop, films: Path, tmp_path: Path) -> None:
    film(films / "a.png", 1)
    folder_source(loop, films, "pool of ours", "pool")
    cv2.imwrite(str(films / "a__nodule.png"), LESION)
    assert folder_source(loop, films, "labelled of ours") == {"refused": 1}
    assert "the same pixels as a.png, of another source" in str(lines(loop, "labelled of ours")["a.png"][1])
    assert known(loop, "pool of ours") == {}


def test_what_is_said_of_a_film_that_comes_in_stands_in_its_line(loop: Loop, films: Path) -> None:
    film(films / "a.png", 1)
    film(films / "b.png", 2)
    for name in ("a", "gone"):
        cv2.imwrite(str(films / f"{name}__nodule.png"), LESION)
    folder_source(loop, films, "strays")
    assert lines(loop, "strays")["b.png"] == ("added", "unknown, not absent, since masks were refused: nodule")
    assert ("b.png", "nodule") not in known(loop, "strays")


def test_a_lesion_that_is_told_no_more_is_refused_though_nothing_is_assumed(loop: Loop, films: Path) -> None:
    """Where no mask means that nothing is known, a mask that is taken back would go on teaching without a word."""
    marked(films, "a", "b")
    cv2.imwrite(str(films / "a__fibrosis.png"), np.zeros((24, 20), np.uint8))
    folder_source(loop, films, "ours", empty_means="unknown")
    before = known(loop, "ours")
    (films / "b__nodule.png").unlink()
    (films / "a__fibrosis.png").unlink()
    assert folder_source(loop, films, "ours", empty_means="unknown") == {"refused": 1, "unchanged": 1}
    assert str(lines(loop, "ours")["b.png"][1]).startswith("Its nodule mask, of 36 px, is gone")
    assert lines(loop, "ours")["a.png"] == ("unchanged", "that it has no fibrosis is not said any more, and stands")
    assert known(loop, "ours") == before


def test_what_lies_beside_may_have_a_name_that_is_no_text(loop: Loop, films: Path) -> None:
    film(films / "a.png", 1)
    Path(os.fsdecode(bytes(films) + b"/lab\xff.csv")).write_text("a")
    assert folder_source(loop, films, "ours") == {"added": 1}
