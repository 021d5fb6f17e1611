"""What came in is counted as it lies here: splits, patients, masks at both ends, refusals by reason."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from overread.domain.errors import NotFound
from overread.domain.source_reports import FindingCount, MaskSize, Refused, SplitCount
from overread.services.films.report import source_report
from tests.loop import Loop
from tests.services.films.folders import film, folder_source, of_patients, source_id


def test_a_source_is_told_as_it_lies_here(loop: Loop, tmp_path: Path) -> None:
    films = tmp_path / "films"
    films.mkdir()
    for number, marked in enumerate((3, 30, 0, None)):
        film(films / f"{number}.png", number)
        if marked is not None:
            mask = np.zeros((24, 20), np.uint8)
            mask.flat[:marked] = 255
            cv2.imwrite(str(films / f"{number}__nodule.png"), mask)
    for name in ("broken.png", "worse.png"):
        (films / name).write_bytes(b"")
    of_patients(films, {"0.png": "a", "1.png": "a", "2.png": "b", "3.png": "c", "broken.png": "d", "worse.png": "e"})
    folder_source(loop, films, "told", empty_means="unknown", shares={"train": 1.0})
    with loop.database.transaction() as session:
        found = source_report(session, source_id(loop, "told"))
    assert found.splits == [SplitCount("train", 4, 3, 2)]
    told = {one.finding: one for one in found.findings}
    assert told["nodule"] == FindingCount(
        "nodule", "train", 2, 1, 1, MaskSize("0.png", 3 / 480), MaskSize("1.png", 30 / 480)
    )
    assert told["fibrosis"] == FindingCount("fibrosis", "train", 0, 0, 4, None, None)
    assert found.refused == [Refused("the file is empty (0 bytes)", 2, "broken.png")]
    assert told["nodule"].sentence == (
        "nodule, train: 2 with it, 1 without, 1 unknown; masks from 0.62 % (0.png) to 6.2 % (1.png) of their film."
    )
    assert found.splits[0].sentence == "train: 4 films of 3 patients, at most 2 of one."


def test_a_source_that_there_is_not_is_not_found(loop: Loop) -> None:
    with loop.database.transaction() as session, pytest.raises(NotFound):
        source_report(session, 10**6)
