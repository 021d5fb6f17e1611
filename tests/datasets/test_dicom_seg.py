"""DICOM SEG comes in on the film that it refers to; a segment without a frame was looked for, and is not there."""

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from pydicom.dataset import Dataset
from pydicom.pixels import pack_bits  # type: ignore[attr-defined]

from overread.datasets.decoding.decode import decode_segments
from overread.domain.errors import InvalidInput, InvalidMask, UnreadableImage
from tests.datasets.films import edited
from tests.datasets.masks_told import MASKS, Pixels
from tests.datasets.segs import film, seg
from tests.datasets.sources import masks_of, read, reasons


def square(area: int = 12) -> np.ndarray:
    mask = np.zeros((10, 12), bool)
    mask[2:5, 3 : 3 + area // 3] = True
    return mask


EMPTY = np.zeros((10, 12), bool)
SEG_OF_TWO = seg(film(7), {"nodule": square(), "Effusion": square()})


def told(folder: Path, *segs: bytes, of: bytes) -> None:
    (folder / "study").mkdir()
    (folder / "study" / "film.dcm").write_bytes(of)
    for number, one in enumerate(segs):
        (folder / f"seg{number}.dcm").write_bytes(one)


def only(folder: Path, **options: Any) -> Any:
    entries, refusals = read("dicom-seg", folder, **options)
    assert not refusals
    (entry,) = entries.values()
    return entry


def changed(data: bytes, change: Any) -> bytes:
    dataset = pydicom.dcmread(BytesIO(data))
    change(dataset)
    return edited(dataset)


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL", "LABELMAP"])
def test_each_kind_is_the_mask_of_its_film(tmp_path: Path, kind: str) -> None:
    one = film(7)
    told(tmp_path, seg(one, {"nodule": square(), "Effusion": EMPTY, "Hernia": EMPTY}, kind), of=one)
    entry = only(tmp_path)
    assert (entry.masks(entry.load())["nodule"] == square()).all()
    assert masks_of(entry) == {"nodule": 12, "pleural_effusion": 0}
    assert entry.classes == ("Effusion", "Hernia", "nodule")
    assert (entry.file_name, entry.patient) == ("study/film.dcm", "P-7")


@pytest.mark.parametrize("omit", [True, False])
def test_a_seg_of_nothing_says_that_nothing_is_there(tmp_path: Path, omit: bool) -> None:
    one = film(7)
    told(tmp_path, seg(one, {"nodule": EMPTY}, omit=omit), of=one)
    assert masks_of(only(tmp_path)) == {"nodule": 0}


def test_segments_of_one_finding_add_up(tmp_path: Path) -> None:
    one, low = film(7), np.roll(square(), 4, axis=0)
    told(tmp_path, seg(one, {"Nodule": square(), "Pulmonary nodule": low}), of=one)
    assert masks_of(only(tmp_path)) == {"nodule": 24}


def test_a_film_that_no_seg_is_of_is_unknown(tmp_path: Path) -> None:
    one = film(7)
    told(tmp_path, seg(one, {"nodule": square()}), of=one)
    (tmp_path / "other.dcm").write_bytes(film(8))
    entries, refusals = read("dicom-seg", tmp_path)
    assert not refusals
    assert {name: masks_of(entry) for name, entry in entries.items()} == {
        "other.dcm": {},
        "study/film.dcm": {"nodule": 12},
    }


def test_of_two_segs_that_differ_neither_is_taken(tmp_path: Path) -> None:
    one = film(7)
    told(tmp_path, seg(one, {"nodule": square()}), seg(one, {"nodule": square(), "Effusion": EMPTY}), of=one)
    assert masks_of(only(tmp_path)) == {"nodule": 12, "pleural_effusion": 0}
    (tmp_path / "seg1.dcm").write_bytes(seg(one, {"nodule": EMPTY}))
    entry = only(tmp_path)
    with pytest.raises(InvalidMask, match="two SEGs of it draw nodule otherwise"):
        masks_of(entry)


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_what_a_machine_drew_alone_is_unknown(tmp_path: Path, kind: str) -> None:
    one = film(7)
    told(tmp_path, seg(one, {"Nodule": square(), "Hernia": EMPTY}, kind, by="AUTOMATIC"), of=one)
    (tmp_path / "seg1.dcm").write_bytes(seg(one, {"Effusion": EMPTY}))
    entry = only(tmp_path)
    assert masks_of(entry) == {"pleural_effusion": 0}
    assert entry.remark == "drawn by a machine alone, so its mask is unknown: nodule"
    taken = only(tmp_path, automatic=True)
    assert (masks_of(taken), taken.remark) == ({"nodule": 12, "pleural_effusion": 0}, None)


def test_a_persons_word_with_a_machine_is_a_mask(tmp_path: Path) -> None:
    one = film(7)
    told(tmp_path, seg(one, {"nodule": square()}, by="SEMIAUTOMATIC"), of=one)
    entry = only(tmp_path)
    assert (masks_of(entry), entry.remark) == ({"nodule": 12}, None)


def test_a_finding_that_a_machine_drew_in_part_is_unknown(tmp_path: Path) -> None:
    """Its segments of one finding add up, and a machine's are none: what remains may be half of it."""
    one = film(7)
    told(tmp_path, seg(one, {"nodule": square()}), seg(one, {"nodule": EMPTY}, by="AUTOMATIC"), of=one)
    assert masks_of(only(tmp_path)) == {}
    with pytest.raises(InvalidMask, match="two SEGs of it draw nodule otherwise"):
        masks_of(only(tmp_path, automatic=True))


def test_a_seg_of_a_missing_film_and_a_file_that_is_none_are_refused(tmp_path: Path) -> None:
    one = film(7)
    told(tmp_path, seg(film(8), {"nodule": square()}), of=one)
    (tmp_path / "broken.dcm").write_bytes(seg(one, {"nodule": square()})[:1500])
    (tmp_path / "x.png").write_bytes(b"?")
    entries, refusals = read("dicom-seg", tmp_path)
    assert [masks_of(entry) for entry in entries.values()] == [{}]
    assert set(reasons(refusals)) == {"seg0.dcm", "broken.dcm", "x.png"}
    assert "which is missing" in reasons(refusals)["seg0.dcm"]


@pytest.mark.parametrize(
    ("film_of", "seg_of", "another"),
    [
        ({}, {"PatientID": "P-8"}, "patient"),
        ({"PatientID": ""}, {}, ""),
        ({"PatientID": ""}, {"StudyInstanceUID": "1.2.3"}, "study"),
        ({}, {"PatientID": "", "StudyInstanceUID": "1.2.3"}, "study"),
        ({}, {"StudyInstanceUID": "1.2.3"}, ""),  # the same patient's: a study may be derived anew
        ({}, {"PatientID": "P-7 \0"}, ""),
    ],
)
def test_a_seg_of_another_patient_than_its_film_is_refused(
    tmp_path: Path, film_of: dict[str, str], seg_of: dict[str, str], another: str
) -> None:
    one = film(7)
    told(tmp_path, edited(seg(one, {"nodule": square()}), **seg_of), of=edited(one, **film_of))
    entries, refusals = read("dicom-seg", tmp_path)
    assert [masks_of(entry) for entry in entries.values()] == [{} if another else {"nodule": 12}]
    assert reasons(refusals) == (
        {
            "seg0.dcm": f"it labels the film study/film.dcm, and is of another {another} by its header: find out whose "
            "masks these are"
        }
        if another
        else {}
    )


def test_two_films_of_one_instance_are_refused_where_a_seg_labels_it(tmp_path: Path) -> None:
    one = film(7)
    told(tmp_path, seg(one, {"nodule": square()}), of=one)
    (tmp_path / "twin.dcm").write_bytes(changed(one, lambda d: setattr(d, "PixelData", b"\x05" * 120)))
    entries, refusals = read("dicom-seg", tmp_path)
    assert not entries
    assert set(reasons(refusals)) == {"study/film.dcm", "twin.dcm"}


def test_labels_that_mean_none_of_the_findings_end_the_import(tmp_path: Path) -> None:
    one = film(7)
    told(tmp_path, seg(one, {"Segment 1": square()}), of=one)
    with pytest.raises(InvalidInput, match="labels 'Segment 1', and this project has"):
        read("dicom-seg", tmp_path)
    assert masks_of(only(tmp_path, names={"Segment 1": "nodule"})) == {"nodule": 12}


def test_a_segment_without_a_label_is_what_its_code_means(tmp_path: Path) -> None:
    one = film(7)
    bare = changed(seg(one, {"x": square()}), lambda d: setattr(d.SegmentSequence[0], "SegmentLabel", ""))
    told(tmp_path, bare, of=one)
    assert masks_of(only(tmp_path)) == {"pleural_effusion": 12}


def frame(dataset: Dataset) -> Dataset:
    found: Dataset = dataset.PerFrameFunctionalGroupsSequence[0]
    return found


def shared(dataset: Dataset) -> Dataset:
    found: Dataset = dataset.SharedFunctionalGroupsSequence[0]
    return found


def source(dataset: Dataset) -> Dataset:
    found: Dataset = frame(dataset).DerivationImageSequence[0].SourceImageSequence[0]
    return found


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: setattr(d, "NumberOfFrames", 100_000), "frames of 12×10 are more"),
        (lambda d: setattr(d, "NumberOfFrames", 2), "has 2 frames, and says of 1"),
        (lambda d: setattr(d, "Rows", 60_000), "the image is|more than is read|promises"),
        (lambda d: setattr(d, "Rows", 11), "header promises"),
        (lambda d: setattr(d, "PixelData", b"\0\0"), "2 bytes of pixels"),
        (lambda d: setattr(d, "BitsAllocated", 8), "kind BINARY with 8 bits"),
        (lambda d: setattr(d, "SegmentationType", "SURFACE"), "kind SURFACE"),
        (lambda d: setattr(d, "SegmentSequence", []), "does not describe"),
        (lambda d: d.SegmentSequence.append(d.SegmentSequence[0]), "two of its segments"),
        (lambda d: setattr(shared(d).SegmentIdentificationSequence[0], "ReferencedSegmentNumber", 9), "segment 9"),
        (lambda d: setattr(shared(d).SegmentIdentificationSequence[0], "ReferencedSegmentNumber", 0), "segment 0"),
        (lambda d: setattr(shared(d), "SegmentIdentificationSequence", []), "which segment it shows"),
        (lambda d: setattr(source(d), "SpatialLocationsPreserved", "NO"), "do not lie as its film's"),
        (lambda d: setattr(source(d), "ReferencedSOPInstanceUID", ""), "which one film"),
    ],
)
def test_a_seg_that_leaves_a_doubt_is_refused(tmp_path: Path, change: Any, reason: str) -> None:
    one = film(7)
    told(tmp_path, changed(seg(one, {"nodule": square()}), change), of=one)
    entries, refusals = read("dicom-seg", tmp_path)
    (entry,) = entries.values()
    if refusals:
        assert masks_of(entry) == {}
        assert re.search(reason, reasons(refusals)["seg0.dcm"])
    else:
        with pytest.raises(InvalidMask, match=reason):
            masks_of(entry)


def test_fractions_are_refused(tmp_path: Path) -> None:
    one = film(7)
    half = changed(seg(one, {"nodule": square()}, "FRACTIONAL"), lambda d: setattr(d, "PixelData", b"\x01" * 120))
    told(tmp_path, half, of=one)
    entry = only(tmp_path)
    with pytest.raises(InvalidMask, match="FRACTIONAL with values between"):
        masks_of(entry)


def test_a_mask_of_another_size_or_of_all_is_refused(tmp_path: Path) -> None:
    one = film(7)
    told(tmp_path, seg(one, {"nodule": ~EMPTY}), of=one)
    entry = only(tmp_path)
    with pytest.raises(InvalidMask, match="marks 100%"):
        masks_of(entry)
    tall = changed(
        film(7, (12, 10)), lambda d: setattr(d, "SOPInstanceUID", pydicom.dcmread(BytesIO(one)).SOPInstanceUID)
    )
    (tmp_path / "study" / "film.dcm").write_bytes(tall)
    entry = only(tmp_path)
    with pytest.raises(InvalidMask, match="12×10 px, its film 10×12"):
        masks_of(entry)


@settings(max_examples=50)
@given(MASKS)
def test_packed_frames_are_the_masks_that_went_in(mask: Pixels) -> None:
    """Bits of several frames follow each other without a gap, the lowest first."""
    template = pydicom.dcmread(BytesIO(SEG_OF_TWO))
    template.Rows, template.Columns = mask.shape
    template.PixelData = pack_bits(np.stack([mask, ~mask]).astype(np.uint8), pad=True)
    instance = template.ReferencedSeriesSequence[0].ReferencedInstanceSequence[0].ReferencedSOPInstanceUID
    first, second = decode_segments(edited(template), instance)
    assert (first == mask).all()
    assert (second == ~mask).all()
    assert not decode_segments(edited(template), "1.2.3").any()


def test_what_is_no_seg_has_no_segments() -> None:
    with pytest.raises(UnreadableImage, match="no DICOM SEG"):
        decode_segments(film(7), "1.2.3")
