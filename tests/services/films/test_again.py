"""The same pixels again: with the same masks they are unchanged, with others they are refused by name."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from sqlalchemy import select

from overread.db.tables import Image, Mask, Source, SourceMask
from tests.loop import FINDINGS, Loop
from tests.services.films.folders import film, folder_source, lines

LESION = np.zeros((24, 20), np.uint8)
LESION[3:9, 4:10] = 255


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


@pytest.mark.parametrize("mask", [None, LESION.T.reshape(24, 20)])
def test_a_film_whose_mask_was_changed_is_not_called_unchanged(loop: Loop, films: Path, mask: Any) -> None:
    film(films / "a.png", 1)
    film(films / "b.png", 2)
    for name in ("a", "b"):
        cv2.imwrite(str(films / f"{name}__nodule.png"), LESION)
    folder_source(loop, films, "ours")
    before = known(loop, "ours")
    assert folder_source(loop, films, "ours") == {"unchanged": 2}
    (films / "a__nodule.png").unlink()
    if mask is not None:
        cv2.imwrite(str(films / "a__nodule.png"), mask)
    assert folder_source(loop, films, "ours") == {"refused": 1, "unchanged": 1}
    assert "Its nodule mask has" in str(lines(loop, "ours")["a.png"][1])
    assert known(loop, "ours") == before


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
