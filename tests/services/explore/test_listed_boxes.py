"""Boxes of an iteration's pseudo masks: those that are shown, page by page; none of a film to be read blind."""

from typing import Any

from sqlalchemy import select

from overread.db.tables import Iteration, Mask, Plant, PseudoLabel
from overread.services.explore.boxes import BoxedFilm, list_boxes
from overread.services.films.masks import mask_rle
from tests.loop import FINDINGS, Loop
from tests.reading import audited
from tests.sentinels import PLAN, cases_with, open_case, submit


def listed(loop: Loop, iteration: Iteration, finding: str | None = None, page: int = 4) -> list[BoxedFilm]:
    """Every page, each from where the last one ended."""
    found: list[BoxedFilm] = []
    with loop.database.transaction() as session:
        while True:
            after = found[-1].image.id if found else 0
            films = list_boxes(session, iteration.labelling_id or 0, finding, after, page, loop.account_id)
            if not films:
                return found
            assert len(films) <= page
            found += films


def by_label(films: list[BoxedFilm]) -> dict[int, Any]:
    return {one.label.id: list(one.boxes) for film in films for one in film.labels}


def test_every_label_has_the_boxes_of_its_mask_on_one_page_and_no_other(loop: Loop) -> None:
    iteration, _ = audited(loop)
    films = listed(loop, iteration)
    assert [film.image.id for film in films] == sorted({film.image.id for film in films})
    assert {one.label.finding for one in films[0].labels} == set(FINDINGS)
    found = by_label(films)
    with loop.database.transaction() as session:
        labels = session.scalars(select(PseudoLabel).where(PseudoLabel.labelling_id == iteration.labelling_id)).all()
        assert found.keys() == {label.id for label in labels}
        for label in labels:
            mask = session.get(Mask, label.mask_id) if label.mask_id is not None else None
            assert found[label.id] == (list(mask_rle(mask).boxes) if mask is not None else [])
    assert any(found.values())
    alone = listed(loop, iteration, "nodule", page=7)
    assert {one.label.finding for film in alone for one in film.labels} == {"nodule"}
    assert len(alone) == len(films)


def test_a_film_that_is_to_be_read_blind_has_no_boxes_before_its_read_is_frozen(loop: Loop) -> None:
    iteration, _ = audited(loop, **PLAN)
    case_id, finding, label_id = cases_with(loop, "blind")[0]
    told = open_case(loop, case_id)
    for asked in (None, finding, *(one for one in FINDINGS if one != finding)):
        assert told.image.id not in {film.image.id for film in listed(loop, iteration, asked)}, asked
    submit(loop, told, "key-blind", "reject")
    assert label_id in by_label(listed(loop, iteration))


def test_a_planted_error_has_the_boxes_of_the_mask_that_it_shows(loop: Loop) -> None:
    iteration, _ = audited(loop, **PLAN)
    seen = 0
    found = by_label(listed(loop, iteration))
    with loop.database.transaction() as session:
        for _, _, label_id in cases_with(loop, "planted"):
            if label_id not in found:
                continue  # its film is to be read blind for another finding
            plant = session.scalars(select(Plant).where(Plant.label_id == label_id)).one()
            assert found[label_id] == list(mask_rle(session.get_one(Mask, plant.mask_id)).boxes)
            seen += 1
        labels = session.scalars(select(PseudoLabel).where(PseudoLabel.labelling_id == iteration.labelling_id)).all()
        # No label is missing of a film that is there: that would tell which of them is planted.
        films = {label.image_id for label in labels if label.id in found}
        assert found.keys() == {label.id for label in labels if label.image_id in films}
    assert seen
