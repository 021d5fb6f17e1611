"""DICOM SEG by readers that know nothing of the writer: masks bit for bit, empty segments kept, nothing made up."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes, arrays
from pydicom.dataset import Dataset
from pydicom.pixels.utils import pixel_array

from overread.datasets import READERS
from overread.datasets.reading import Beside, Entry
from overread.domain.findings import TERMS
from overread.domain.imaging.films import pack_film
from overread.domain.words import ExportSplit, ToldBy
from overread.services.exports.dicom_film import film_dicom, written
from overread.services.exports.folder import written_folder
from overread.services.exports.labels import LabelledFilm
from overread.services.exports.seg import segmentation, write_seg
from overread.services.films.projects import FINDINGS
from overread.storage import BlobStore
from tests.exporting import AT, Pixels, drawn, film, labelled, machine, shapes, unsure, with_pixels

SIZED = array_shapes(min_dims=3, max_dims=3, max_side=12).flatmap(lambda shape: arrays(bool, shape))
EYE = np.eye(32, dtype=bool)
NOTHING = np.zeros((32, 32), bool)


def seg_of(one: LabelledFilm) -> bytes:
    found = segmentation(one, of(one))
    assert found is not None
    return written(found)


def of(one: LabelledFilm) -> Dataset:
    return film_dicom(one.film, np.zeros((one.film.height, one.film.width), np.uint8))


def told(data: bytes) -> dict[str, Pixels]:
    """The segments by their labels, read from the file by pydicom, and by highdicom to be the same."""
    file = pydicom.dcmread(io.BytesIO(data))
    frames = pixel_array(io.BytesIO(data), allow_excess_frames=False).reshape(-1, file.Rows, file.Columns)
    shared = file.SharedFunctionalGroupsSequence[0]  # says it where there is one frame
    groups = [shared if "SegmentIdentificationSequence" in shared else own for own in _frames(file)]
    numbers = [group.SegmentIdentificationSequence[0].ReferencedSegmentNumber for group in groups]
    assert numbers == [segment.SegmentNumber for segment in file.SegmentSequence]  # a frame each, the empty ones too
    source = file.SourceImageSequence[0].ReferencedSOPInstanceUID
    again = highdicom.seg.segread(io.BytesIO(data)).get_pixels_by_source_instance([source])
    assert (np.moveaxis(again[0], -1, 0) == frames).all()
    return {segment.SegmentLabel: frame == 1 for segment, frame in zip(file.SegmentSequence, frames, strict=True)}


def _frames(file: Dataset) -> list[Dataset]:
    return list(file.get("PerFrameFunctionalGroupsSequence", [Dataset()]))


@settings(max_examples=60)
@given(SIZED)
def test_segments_are_the_masks(masks: Pixels) -> None:
    one = labelled("a.png", *(drawn(f"f{n}", mask) for n, mask in enumerate(masks)), size=masks.shape[1:])
    found = told(seg_of(one))
    assert list(found) == [f"f{n}" for n in range(len(masks))]
    assert all((found[f"f{n}"] == mask).all() for n, mask in enumerate(masks))


@pytest.mark.parametrize("name", list(shapes()))
def test_a_mask_and_its_opposite(name: str) -> None:
    mask = shapes()[name]
    found = told(seg_of(labelled("a.png", drawn("nodule", mask), drawn("other", ~mask), size=mask.shape)))
    assert (found["nodule"] == mask).all()
    assert (found["other"] == ~mask).all()


def test_no_lesion_is_an_empty_segment_and_what_nobody_told_is_none() -> None:
    """Fibrosis was not looked at, the effusion is uncertain and drawn: neither is a segment."""
    found = told(seg_of(labelled("a.png", drawn("nodule", NOTHING), unsure("pleural_effusion", EYE))))
    assert list(found) == ["nodule"]
    assert not found["nodule"].any()
    uncertain = labelled("b.png", unsure("nodule", EYE))
    assert segmentation(uncertain, of(uncertain)) is None


def films(blobs: BlobStore) -> Iterator[LabelledFilm]:
    yield with_pixels(blobs, labelled("a.png", drawn("nodule", EYE), drawn("consolidation", NOTHING)))
    yield with_pixels(blobs, labelled("가슴 1.dcm", drawn("nodule", NOTHING)), bits=16)
    yield with_pixels(blobs, labelled("c.png", unsure("nodule", EYE)))


def written_to(folder: Path, blobs: BlobStore) -> dict[str, bytes]:
    with written_folder(folder) as out:
        write_seg(out, films(blobs), blobs)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_each_seg_lies_on_a_film_that_is_there(tmp_path: Path, blobs: BlobStore) -> None:
    files = written_to(tmp_path / "out", blobs)
    opened = {name: pydicom.dcmread(io.BytesIO(data)) for name, data in files.items() if name.endswith(".dcm")}
    segs = {name: file for name, file in opened.items() if name.startswith("segs/")}
    assert (len(opened), len(segs)) == (7, 2)
    for name, seg in segs.items():
        source = opened[name.replace("segs/", "films/")]
        assert seg.SourceImageSequence[0].ReferencedSOPInstanceUID == source.SOPInstanceUID
        assert seg.ReferencedSeriesSequence[0].SeriesInstanceUID == source.SeriesInstanceUID
        assert (seg.StudyInstanceUID, seg.PatientID) == (source.StudyInstanceUID, source.PatientID)
        assert seg.SeriesInstanceUID != source.SeriesInstanceUID
    uids = [uid for file in opened.values() for uid in (file.SOPInstanceUID, file.SeriesInstanceUID)]
    assert len(set(uids)) == len(uids)
    assert all(uid.startswith("2.25.") and len(uid) <= 64 for uid in uids)
    assert {json.loads(line)["told"] for line in files["labels.jsonl"].splitlines()} == {
        "lesion", "no_lesion", "uncertain"
    }  # fmt: skip
    stems = {json.loads(line)["stem"] for line in files["labels.jsonl"].splitlines()}
    assert stems == {Path(name).stem for name in opened if name.startswith("films/")}
    assert {name for name in opened if name.startswith("reports/")} == {
        name.replace("segs/", "reports/").replace(".dcm", "-1.dcm") for name in segs
    }


def test_written_twice_it_is_the_same(tmp_path: Path, blobs: BlobStore) -> None:
    assert written_to(tmp_path / "once", blobs) == written_to(tmp_path / "twice", blobs)


def test_films_come_in_again_as_they_are(tmp_path: Path, blobs: BlobStore) -> None:
    written_to(tmp_path / "out", blobs)
    entries = list(READERS["folder"](tmp_path / "out" / "films", ["nodule"]))
    came = {blobs.put(pack_film(entry.load().pixels)): entry for entry in entries if isinstance(entry, Entry)}
    assert set(came) == {one.film.sha256 for one in films(blobs)}
    assert {(entry.sex, entry.age) for entry in came.values()} == {("F", 61.0)}
    assert {entry.load().spacing_mm for entry in came.values()} == {(0.2, 0.2)}


def test_what_is_held_out_and_whose_it_is_comes_in_again(tmp_path: Path, blobs: BlobStore) -> None:
    splits: dict[ExportSplit, str | None] = {
        "train": "train", "development": "development", "external": "external", "holdout": "external", "pool": None,
    }  # fmt: skip
    every = (with_pixels(blobs, labelled(f"{split}.png", drawn("nodule", EYE), split=split)) for split in splits)
    with written_folder(tmp_path / "out") as out:
        write_seg(out, every, blobs)
    found = list(READERS["dicom-seg"](tmp_path / "out", ["nodule"]))
    came = [one for one in found if isinstance(one, Entry)]
    (beside,) = [one for one in found if not isinstance(one, Entry)]  # nothing is refused
    assert isinstance(beside, Beside)
    assert (beside.files, beside.such_as[:8]) == (5, "reports/")
    assert {Path(one.file_name).name.split("-")[0]: one.split for one in came} == splits
    assert {one.patient for one in came} == {f"p {split}.png" for split in splits}


def test_a_machines_label_comes_in_again_as_no_mask(tmp_path: Path, blobs: BlobStore) -> None:
    by_machine = replace(drawn("nodule", EYE), by="pseudo", read=None)
    one = with_pixels(blobs, labelled("a.png", by_machine, drawn("consolidation", EYE)))
    with written_folder(tmp_path / "out") as out:
        write_seg(out, iter([one]), blobs)
    found = READERS["dicom-seg"](tmp_path / "out", ["nodule", "consolidation"])
    (entry,) = [one for one in found if isinstance(one, Entry)]
    assert list(entry.masks(entry.load())) == ["consolidation"]


@pytest.mark.parametrize(
    ("by", "kind"),
    [("reference", "MANUAL"), ("read", "SEMIAUTOMATIC"), ("pseudo", "AUTOMATIC"), ("public", "SEMIAUTOMATIC")],
)
def test_a_segment_says_who_marked_it(by: ToldBy, kind: str) -> None:
    label = replace(drawn("nodule", EYE), by=by, machine=machine() if by in ("read", "pseudo") else None)
    (segment,) = pydicom.dcmread(io.BytesIO(seg_of(labelled("a.png", label)))).SegmentSequence
    assert segment.SegmentAlgorithmType == kind
    assert segment.get("SegmentAlgorithmName") == (
        None if kind == "MANUAL" else "Overread iteration 1" if by in ("read", "pseudo") else "public"
    )


def test_findings_have_codes_that_others_know() -> None:
    names = [*FINDINGS, "a_finding_of_a_project"]
    segments = pydicom.dcmread(io.BytesIO(seg_of(labelled("a.png", *(drawn(name, EYE) for name in names)))))
    kinds = [segment.SegmentedPropertyTypeCodeSequence[0] for segment in segments.SegmentSequence]
    assert set(TERMS) == set(FINDINGS)
    for name, kind in zip(FINDINGS, kinds, strict=False):
        assert (kind.CodingSchemeDesignator, kind.CodeValue) == ("SCT", TERMS[name].snomed)
        assert kind.EquivalentCodeSequence[0].CodeValue == TERMS[name].radlex
    assert (kinds[-1].CodingSchemeDesignator, kinds[-1].LongCodeValue) == ("99OVERREAD", names[-1])


def test_its_date_is_when_it_was_told_in_utc() -> None:
    late = replace(drawn("consolidation", NOTHING), at="2026-12-01T03:00:00+09:00")
    file = pydicom.dcmread(io.BytesIO(seg_of(labelled("a.png", drawn("nodule", EYE), late))))
    assert (file.ContentDate, file.ContentTime[:6], file.TimezoneOffsetFromUTC) == ("20261130", "180000", "+0000")
    assert late.at > AT


@pytest.mark.parametrize(("age", "told"), [(61.0, "061Y"), (1.5, "018M"), (0.0, "000M"), (None, None)])
def test_what_is_not_known_of_a_film_is_not_said(age: float | None, told: str | None) -> None:
    bare = replace(film("a.png", (4, 4)), sex="W", age=age, view=None, row_spacing_mm=None, column_spacing_mm=None)
    file = film_dicom(bare, np.zeros((4, 4), np.uint8))
    assert (file.get("PatientAge"), file.PatientSex, "PixelSpacing" in file) == (told, "", False)
    other = film_dicom(replace(bare, patient="p2"), np.zeros((4, 4), np.uint8))
    assert other.SOPInstanceUID != file.SOPInstanceUID
