"""An evaluation, done by a worker, says up to which change of a reference its scores are."""

from pathlib import Path

import cv2
import numpy as np
from sqlalchemy import func, select

from overread.db.tables import Iteration, MaskChange
from overread.settings import Settings
from tests.loop import Loop
from tests.services.films.folders import film, folder_source
from tests.work_folders import TINY, work


def test_an_evaluation_says_of_which_masks_it_is(loop: Loop, settings: Settings, films: Path) -> None:
    film(films / "a.png", 1)
    for pixels in (3, 4):
        lesion = np.zeros((24, 20), np.uint8)
        lesion[2:5, 2 : 2 + pixels] = 255
        cv2.imwrite(str(films / "a__nodule.png"), lesion)
        folder_source(loop, films, "tests", "external")
    iteration = loop.launch(recipes=[TINY])
    assert work(loop, settings) == ["train", "label", "evaluate", "audit"]
    with loop.database.transaction() as session:
        last = session.scalar(select(func.max(MaskChange.id)))
        assert last is not None
        assert session.get_one(Iteration, iteration.id).scored_change == last
