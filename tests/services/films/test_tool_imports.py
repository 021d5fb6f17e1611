"""What a tool wrote is kept as it was told: masks, no lesion, unknown; and a second time adds nothing."""

import json
from pathlib import Path

import numpy as np
from sqlalchemy import select

from overread.db.tables import Image, Mask, SourceMask
from overread.services.films import imports, projects
from overread.services.films.masks import mask_pixels
from tests.loop import Loop
from tests.services.films.folders import film, lines, source_id

SQUARE = [[2, 3, 8, 3, 8, 9, 2, 9]]


def coco_source(loop: Loop, folder: Path) -> dict[str, int]:
    """Three films of 20×24 px: one with a nodule, one without, and one on which nobody looked."""
    for number, name in enumerate(("drawn", "clear", "open", "extra")):
        film(folder / f"{name}_1.png", 900 + number)
    size = {"width": 20, "height": 24}
    told = {
        "images": [
            {"id": 1, "file_name": "drawn_1.png", **size},
            {"id": 2, "file_name": "clear_1.png", "neg_category_ids": [7], **size},
            {"id": 3, "file_name": "open_1.png", **size},
        ],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 7, "segmentation": SQUARE}],
        "categories": [{"id": 7, "name": "Lung nodule"}],
    }
    (folder / "labels.json").write_text(json.dumps(told))
    options = {"patient_pattern": "^(?P<patient>[a-z]+)_"}
    with loop.database.transaction() as session:
        new = projects.NewSource("tool", "coco", "labelled", "ours", str(folder), "tool", options)
        source = projects.create_source(session, loop.project_id, new)
    return dict(imports.import_source(loop.database, loop.blobs, source.id))


def test_a_coco_file_comes_in_and_adds_nothing_twice(loop: Loop, films: Path) -> None:
    assert coco_source(loop, films) == {"added": 3, "refused": 1}
    assert lines(loop, "tool")["extra_1.png"] == ("refused", "labels.json does not name it")
    assert lines(loop, "tool")["open_1.png"] == ("added", "its patient is what patient_pattern finds in its path")
    query = select(Image.file_name, SourceMask.finding, Mask).join(Mask, Mask.id == SourceMask.mask_id)
    with loop.database.transaction() as session:
        rows = session.execute(
            query.join(Image, Image.id == SourceMask.image_id).where(Image.source_id == source_id(loop, "tool"))
        )
        kept = {(name, finding): mask_pixels(mask) for name, finding, mask in rows}
    square = np.zeros((24, 20), bool)
    square[3:9, 2:8] = True
    assert set(kept) == {("drawn_1.png", "nodule"), ("clear_1.png", "nodule")}
    assert (kept["drawn_1.png", "nodule"] == square).all()
    assert not kept["clear_1.png", "nodule"].any()
    assert coco_source(loop, films) == {"unchanged": 3, "refused": 1}
