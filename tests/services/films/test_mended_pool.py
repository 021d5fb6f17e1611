"""A pool's public label that is mended: the newer one stands, and what was said of the old one is not said of it."""

import csv
import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from overread.db.tables import Image, Iteration, Mask, MaskChange, PseudoLabel, SourceMask
from overread.domain.errors import Conflict, StaleMask
from overread.services.explore import compare, public_labels
from overread.services.explore.agreement import agreement
from overread.services.explore.compare import PairFilter
from overread.services.films import projects
from overread.services.films.compared import compare_again
from overread.services.films.preview import preview_source
from overread.services.films.report import source_report
from tests.exporting import out
from tests.loop import Loop
from tests.services.films.folders import film, folder_source, lines, source_id
from tests.services.films.mended import FIRST, NOTHING, SECOND, come, label_film, store_label


def standing(loop: Loop) -> tuple[str, str, int]:
    """The kind, the origin and the area of the pool's nodule label."""
    query = select(SourceMask.kind, Mask.origin, Mask.area).join(Mask, Mask.id == SourceMask.mask_id)
    of_film = query.join(Image, Image.id == SourceMask.image_id).where(Image.file_name == "a.png")
    with loop.database.transaction() as session:
        return tuple(session.execute(of_film.where(SourceMask.finding == "nodule")).one())  # type: ignore[return-value]


def dices(loop: Loop) -> list[float | None]:
    """How far each iteration's label of the nodule agrees with the public one, oldest first."""
    query = select(PseudoLabel.public_dice).where(PseudoLabel.finding == "nodule").order_by(PseudoLabel.id)
    with loop.database.transaction() as session:
        return list(session.scalars(query))


def pseudo_label(loop: Loop) -> int:
    with loop.database.transaction() as session:
        return session.scalars(select(func.max(PseudoLabel.id)).where(PseudoLabel.finding == "nodule")).one()


def say(loop: Loop, verdict: str, shown: str | None = None) -> None:
    label_id = pseudo_label(loop)
    with loop.database.transaction() as session:
        public_labels.read_public_label(session, label_id, loop.account_id, verdict, f"{verdict}!", shown)


def told(loop: Loop, iteration: Iteration) -> dict[str, Any]:
    """All that tells of the verdicts: the film's own history, the list's filter, the CSV, the export."""
    assert iteration.labelling_id is not None
    with loop.database.transaction() as session:
        label = session.get_one(PseudoLabel, pseudo_label(loop))
        image = session.get_one(Image, label.image_id)
        wrong = PairFilter(wrong=True)
        lines = public_labels.csv_lines(session, loop.project_id, loop.account_id)
        table = list(csv.DictReader(io.StringIO("".join(lines))))
        return {
            "history": [(one.read.verdict, one.older) for one in public_labels.history(session, image.id, "nodule")],
            "wrong": compare.count_pairs(session, iteration.labelling_id, wrong, loop.account_id),
            "counts": [(line["counts"], line["older"]) for line in table],
            "export": getattr(out(loop, by="public")[image.sha256, "nodule"].read, "verdict", None),
        }


def test_a_mended_public_label_stands_and_the_old_one_is_kept(loop: Loop, films: Path) -> None:
    come(loop, films, FIRST)
    assert standing(loop) == ("public", "SEMIAUTOMATIC", 36)
    cv2.imwrite(str(films / "a__nodule.png"), SECOND.astype(np.uint8) * 255)
    asked = projects.NewSource("shared", "folder", "pool", "ours", str(films), "shared")
    foreseen = preview_source(loop.database, loop.blobs, loop.project_id, asked)
    assert (foreseen.outcomes, standing(loop)[2]) == ({"changed": 1}, 36)
    assert come(loop, films, SECOND) == {"changed": 1}
    assert lines(loop, "shared")["a.png"] == ("changed", "nodule of 16 px in the place of 36 px")
    assert standing(loop) == ("public", "SEMIAUTOMATIC", 16)
    assert come(loop, films, SECOND) == {"unchanged": 1}
    with loop.database.transaction() as session:
        old = select(Mask.area).join(MaskChange, MaskChange.old_mask_id == Mask.id)
        assert session.scalars(old).all() == [36]
        report = source_report(session, source_id(loop, "shared"))
    assert [one.sentence for one in report.changed] == ["nodule, pool: 1 masks gave way to newer ones."]
    assert (report, report.older) == (foreseen.report, [])


def test_a_lesion_that_is_gone_unsaid_and_another_file_are_refused(loop: Loop, films: Path) -> None:
    come(loop, films, FIRST)
    (films / "b.png").write_bytes((films / "a.png").read_bytes())
    cv2.imwrite(str(films / "b__nodule.png"), SECOND.astype(np.uint8) * 255)
    assert come(loop, films, FIRST) == {"unchanged": 1, "refused": 1}
    assert "The one that is here stands until a.png comes again" in str(lines(loop, "shared")["b.png"][1])
    (films / "a__nodule.png").unlink()
    assert folder_source(loop, films, "shared", "pool") == {"refused": 2}
    assert str(lines(loop, "shared")["a.png"][1]).startswith("Its nodule mask, of 36 px, is gone.")
    assert standing(loop)[2] == 36


def test_labels_of_every_iteration_are_compared_with_the_label_that_stands(loop: Loop, films: Path) -> None:
    come(loop, films, FIRST)
    label_film(loop, SECOND)
    label_film(loop, NOTHING)
    assert dices(loop) == [pytest.approx(2 * 16 / (36 + 16)), 0.0]
    come(loop, films, SECOND)
    assert dices(loop) == [1.0, 0.0]
    come(loop, films, NOTHING)
    assert dices(loop) == [0.0, None]
    come(loop, films, SECOND)
    with loop.database.transaction() as session:
        found = agreement(session, loop.project_id)
    scores = {(one.iteration, one.measure): one.value for one in found.scores if one.finding == "nodule"}
    assert scores == {(0, "dice"): 1, (0, "presence"): 1, (1, "dice"): 0, (1, "presence"): 0}
    assert {one.measure: one.value for one in found.changes if one.finding == "nodule"} == {"dice": -1, "presence": -1}


def test_agreement_says_how_many_public_labels_are_newer(loop: Loop, films: Path) -> None:
    """Than when an iteration began to label: one that came back is no other."""

    def newer() -> tuple[list[int], list[int]]:
        with loop.database.transaction() as session:
            found = agreement(session, loop.project_id)
        of_nodule = [
            [one.newer for one in ones if (one.finding, one.measure) == ("nodule", "presence")]
            for ones in (found.scores, found.changes)
        ]
        return of_nodule[0], of_nodule[1]

    come(loop, films, FIRST)
    label_film(loop, FIRST)
    come(loop, films, SECOND)
    assert newer() == ([1], [])
    label_film(loop, FIRST)
    assert newer() == ([1, 0], [1])
    come(loop, films, NOTHING)
    assert newer() == ([1, 1], [1])
    come(loop, films, FIRST)
    assert newer() == ([0, 1], [1])


def test_a_public_label_that_comes_later_is_compared_with_too(loop: Loop, films: Path) -> None:
    film(films / "a.png", 1)
    folder_source(loop, films, "shared", "pool")
    label_film(loop, SECOND)
    assert dices(loop) == [None]
    assert come(loop, films, FIRST) == {"added": 1}
    assert dices(loop) == [pytest.approx(2 * 16 / (36 + 16))]


def test_a_verdict_is_of_the_label_that_it_was_said_of(loop: Loop, films: Path) -> None:
    """Mended, and mended back: a word counts while the very pixels stand that it was said of."""
    nothing = {"wrong": 0, "export": None}
    counted = {"wrong": 1, "export": "wrong"}
    come(loop, films, FIRST)
    iteration = label_film(loop, SECOND)
    say(loop, "wrong")
    assert told(loop, iteration) == {"history": [("wrong", False)], "counts": [("1", "0")], **counted}
    come(loop, films, SECOND)
    assert told(loop, iteration) == {"history": [("wrong", True)], "counts": [("0", "1")], **nothing}
    reason = "nodule of 16 px in the place of 36 px; 1 verdicts on the public label before count no more"
    assert lines(loop, "shared")["a.png"] == ("changed", reason)
    with pytest.raises(Conflict, match="Nobody said that it is wrong"):
        say(loop, "withdrawn")
    say(loop, "wrong")
    both = [("wrong", False), ("wrong", True)]
    assert told(loop, iteration) == {"history": both, "counts": [("0", "1"), ("1", "0")], **counted}
    say(loop, "withdrawn")
    come(loop, films, FIRST)
    three = [("withdrawn", True), ("wrong", True), ("wrong", False)]
    assert told(loop, iteration) == {"history": three, "counts": [("1", "0"), ("0", "1"), ("0", "1")], **counted}
    say(loop, "withdrawn")
    assert told(loop, iteration) == {
        "history": [("withdrawn", False), *three],
        "counts": [("0", "0"), ("0", "1"), ("0", "1"), ("0", "0")],
        "wrong": 0,
        "export": "withdrawn",
    }


def test_a_word_on_a_label_that_gave_way_meanwhile_is_not_taken(loop: Loop, films: Path) -> None:
    come(loop, films, FIRST)
    label_film(loop, FIRST)
    with loop.database.transaction() as session:
        shown = compare.compare_masks(session, pseudo_label(loop), loop.account_id).panes["public"].mask.sha256
    come(loop, films, SECOND)
    with pytest.raises(StaleMask, match="gave way to a newer one while you looked at it"):
        say(loop, "wrong", shown)
    come(loop, films, FIRST)
    say(loop, "wrong", shown)


@pytest.mark.parametrize("statement", [
    "update source_mask set mask_id = (select max(id) from mask) where kind = 'public'",
    "update source_mask set kind = 'reference' where kind = 'public'",
    "delete from source_mask where kind = 'public'",
])  # fmt: skip
def test_no_hand_changes_a_public_label_without_a_word(loop: Loop, films: Path, statement: str) -> None:
    come(loop, films, FIRST)
    come(loop, films, SECOND)
    with pytest.raises(IntegrityError), loop.database.transaction() as session:
        session.execute(text(statement))


def test_labels_are_not_stored_while_a_public_label_gives_way(loop: Loop, films: Path) -> None:
    """Else a label would keep its Dice with one that stands no more."""
    come(loop, films, FIRST)
    iteration = loop.launch()
    loop.run_job("train", iteration.id)
    with loop.database.transaction() as importing:
        compare_again(importing, importing.scalars(select(Image).where(Image.file_name == "a.png")).one(), ["nodule"])
        with pytest.raises(OperationalError, match="lock timeout"), loop.database.transaction() as session:
            session.execute(text("set local lock_timeout = '100ms'"))
            store_label(loop, session, iteration, SECOND)
    with loop.database.transaction() as session:
        store_label(loop, session, iteration, SECOND)
