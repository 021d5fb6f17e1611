"""What sources say beside masks goes out as it came in: statements and boxes, each with its reader."""

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from overread.db.tables import Image, TrailLine
from overread.domain.errors import InvalidInput, NotFound
from overread.domain.words import SourceFormat
from overread.services.exports import formats, stream
from overread.services.exports.labels import LabelFilter
from overread.services.films import imports, projects
from tests.datasets.films import dicom
from tests.datasets.sources import write
from tests.loop import FINDINGS, Loop

NIH_BOXES = (
    ("00000001_000", "Effusion", 225.08474576271, 547.01921753472, 86.7796610169, 79.1864406780),
    ("00000001_000", "Nodule", 1, 2, 3.5, 4.25),
    ("00000001_000", "Nodule", 700, 2, 3.5, 4.25),
    ("00000012_003", "Pneumothorax", 0, 0, 1024, 1024),
)
READS = (
    ("Pneumothorax", "R9", 1.5, 2, 30, 40.123456789),
    ("Pneumothorax", "R8", 1.5, 2, 30, 40.123456789),
    ("Pulmonary fibrosis", "R8", 3, 4, 5, 6),
    ("No finding", "=R10", "", "", "", ""),
)


def bring(loop: Loop, reader: str, folder: Path, **options: Any) -> None:
    with loop.database.transaction() as session:
        new = projects.NewSource(reader, reader, "pool", "theirs", str(folder), "shared", options)
        source = projects.create_source(session, loop.project_id, new)
    assert set(imports.import_source(loop.database, loop.blobs, source.id)) == {"added"}


@pytest.fixture
def nih(loop: Loop, tmp_path: Path) -> Path:
    """Films of 1024 px, as boxes are counted in, and of 64."""
    tree = tmp_path / "nih"
    write(tree / "00000001_000.png", np.arange(1024 * 1024, dtype=np.uint32).reshape(1024, 1024).astype(np.uint8))
    write(tree / "00000012_003.png", np.full((64, 64), 7, np.uint8))
    about = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position\n"
    rows = "00000001_000.png,Effusion|Nodule,0,1,58,F,PA\n00000012_003.png,Pneumothorax,3,12,58,M,AP\n"
    (tree / "Data_Entry_2017.csv").write_text(about + rows)
    boxes = "".join(f"{film}.png,{','.join(map(str, rest))}\n" for film, *rest in NIH_BOXES)
    (tree / "BBox_List_2017.csv").write_text("Image Index,Finding Label,Bbox [x,y,w,h],,,\n" + boxes)
    bring(loop, "nih", tree)
    return tree


@pytest.fixture
def vinbigdata(loop: Loop, tmp_path: Path) -> Path:
    tree = tmp_path / "vinbigdata"
    tree.mkdir()
    (tree / "aa.dicom").write_bytes(dicom(np.arange(60 * 40).reshape(60, 40).astype(np.uint16)))
    rows = "".join(f"aa,{name},0,{','.join(map(str, rest))}\n" for name, *rest in READS)
    (tree / "train.csv").write_text("image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max\n" + rows)
    bring(loop, "vinbigdata", tree)
    return tree


def written(
    loop: Loop, form: SourceFormat, to: Path, on_films: Callable[[int], None] = lambda _count: None, **where: Any
) -> tuple[list[dict[str, str]], Counter[str]]:
    with loop.database.transaction() as session:
        export = formats.settle(session, loop.project_id, LabelFilter(**where), form)
    counts = formats.write(loop.database, loop.blobs, export, form, to, on_films)
    assert "".join(formats.export_text(loop.database, export, form)).encode() == to.read_bytes()
    with to.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file)), counts


def test_boxes_of_nih_go_out_as_they_came_in(loop: Loop, nih: Path, tmp_path: Path) -> None:
    rows, counts = written(loop, "source-boxes", tmp_path / "out.csv")
    names = {"Effusion": "pleural_effusion", "Nodule": "nodule", "Pneumothorax": "pneumothorax"}
    expected = set()
    for film, name, x, y, width, height in NIH_BOXES:
        down = 1.0 if film == "00000001_000" else 64 / 1024
        box = tuple(side * down for side in (x, y, x + width, y + height))
        expected.add((f"{film}.png", names[name], "", *box))
    sides = ("x_min", "y_min", "x_max", "y_max")
    assert {(row["file"], row["finding"], row["reader"], *(float(row[s]) for s in sides)) for row in rows} == expected
    assert len(rows) == len(expected)
    assert counts == {"films": 2, "boxes": 4}
    with loop.database.transaction() as session:
        films = {image.file_name: image for image in session.scalars(select(Image).where(Image.split == "pool"))}
        for row in rows:
            image = films[row["file"]]
            assert (row["source"], row["film_sha256"], row["split"]) == ("nih", image.sha256, "pool")
            assert row["patient"] == f"p{image.patient_id}"


def test_statements_of_nih_go_out_as_they_came_in(loop: Loop, nih: Path, tmp_path: Path) -> None:
    rows, counts = written(loop, "statements", tmp_path / "out.csv")
    present = {
        ("00000001_000.png", "pleural_effusion"),
        ("00000001_000.png", "nodule"),
        ("00000012_003.png", "pneumothorax"),
    }
    films = "00000001_000.png", "00000012_003.png"
    every = {(file, finding) for file in films for finding in FINDINGS}
    assert {(row["file"], row["finding"], row["says"]) for row in rows} == {
        (*unit, "present" if unit in present else "absent") for unit in every
    }
    assert len(rows) == len(every)
    assert [row["finding"] for row in rows[: len(FINDINGS)]] == FINDINGS
    assert counts == {"films": 2, "present": 3, "absent": len(every) - 3}


def test_each_reader_of_vinbigdata_goes_out_alone(loop: Loop, vinbigdata: Path, tmp_path: Path) -> None:
    rows, _ = written(loop, "source-boxes", tmp_path / "boxes.csv")
    names = {"Pneumothorax": "pneumothorax", "Pulmonary fibrosis": "fibrosis"}
    sides = ("x_min", "y_min", "x_max", "y_max")
    drawn = {(names[name], *rest) for name, *rest in READS if name in names}
    assert {(row["finding"], row["reader"], *(float(row[side]) for side in sides)) for row in rows} == drawn
    assert len(rows) == len(drawn)
    rows, _ = written(loop, "statements", tmp_path / "statements.csv")
    marked = {(names[name], reader) for name, reader, *_ in READS if name in names}
    said = [one for one in FINDINGS if one != "nodule"]  # Nodule/Mass is no nodule
    assert {(row["finding"], row["reader"], row["says"]) for row in rows} == {
        (one, "'=R10" if reader == "=R10" else reader, "present" if (one, reader) in marked else "absent")
        for one in said
        for reader in ("R9", "R8", "=R10")
    }
    assert len(rows) == len(said) * 3


def test_filters_of_films_and_readers_narrow_it_down(loop: Loop, nih: Path, vinbigdata: Path, tmp_path: Path) -> None:
    whole, _ = written(loop, "statements", tmp_path / "whole.csv")
    for column, value in (("source", "nih"), ("finding", "nodule"), ("reader", "R9"), ("split", "pool")):
        where: dict[str, Any] = {column: value}
        rows, _ = written(loop, "statements", tmp_path / f"{column}.csv", **where)
        assert rows == [row for row in whole if row[column] == value]
        assert rows
    assert written(loop, "statements", tmp_path / "train.csv", split="train") == ([], {"films": 0})


@pytest.mark.parametrize("form", ["statements", "source-boxes"])
@pytest.mark.parametrize(
    ("where", "error", "sentence"),
    [
        ({"by": "public"}, InvalidInput, "holds what sources say, and no labels"),
        ({"decision": "positive"}, InvalidInput, "leave --iteration, --decision and --by out"),
        ({"iteration": 0}, InvalidInput, "and no labels"),
        ({"reader": "reader one"}, NotFound, "No source has 'reader one' among the readers of its "),
        ({"source": "nowhere"}, NotFound, "There is no source 'nowhere'"),
        ({"finding": "hernia"}, InvalidInput, "There is no finding 'hernia'"),
    ],
)
def test_a_filter_of_labels_or_of_nothing_is_a_sentence(
    loop: Loop, form: SourceFormat, where: dict[str, Any], error: Any, sentence: str
) -> None:
    with loop.database.transaction() as session, pytest.raises(error, match=sentence):
        formats.settle(session, loop.project_id, LabelFilter(**where), form)


def test_words_come_page_by_page(
    loop: Loop, nih: Path, vinbigdata: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same whatever a page holds, and never more than a page looked up before the first of it is out."""
    whole, _ = written(loop, "statements", tmp_path / "whole.csv")
    monkeypatch.setattr(stream, "PAGE", 2)
    looked: list[int] = []
    assert written(loop, "statements", tmp_path / "pages.csv", looked.append)[0] == whole
    with loop.database.transaction() as session:
        films = len(session.scalars(select(Image.id)).all())
        lines = session.scalars(select(TrailLine).where(TrailLine.action == "labels.exported")).all()
        assert [line.detail for line in lines] == [{"form": "statements", "films": films}] * 2
    assert (max(looked), sum(looked)) == (2, films)
