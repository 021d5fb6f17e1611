"""DICOM SR by a reader that knows nothing of the writer: who said what, of which finding, and where it lies."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pydicom
import pytest
from highdicom import sr
from pydicom.dataset import Dataset

from overread.domain.words import ToldBy, Verdict
from overread.services.exports.dicom_film import film_dicom, written
from overread.services.exports.labels import Label, LabelledFilm
from overread.services.exports.report import reports
from overread.services.exports.seg import segmentation
from tests.exporting import AT, WORD, drawn, labelled, unsure

EYE, NOTHING = np.eye(32, dtype=bool), np.zeros((32, 32), bool)


def said(label: Label, verdict: Verdict, reader: str = "Ada", by: ToldBy = "read") -> Label:
    return replace(label, by=by, read=replace(WORD, verdict=verdict, reader=reader))


def opened(one: LabelledFilm) -> tuple[list[Any], Dataset, Dataset | None]:
    """The reports as highdicom reads them from their files, the film and its segments."""
    film = film_dicom(one.film, np.zeros((32, 32), np.uint8))
    seg = segmentation(one, film)
    return [sr.srread(io.BytesIO(written(report))) for report in reports(one, film, seg)], film, seg


def evaluations(group: Any) -> list[str]:
    return [found.value.meaning for found in group.get_qualitative_evaluations()]


def test_a_lesion_refers_to_its_segment_and_all_else_to_the_film() -> None:
    (report,), film, seg = opened(
        labelled(
            "a.png",
            said(drawn("consolidation", NOTHING), "reject"),
            said(drawn("nodule", EYE), "fix"),
            said(unsure("fibrosis"), "cannot_tell"),
        )
    )
    assert seg is not None
    (lesion,) = report.content.get_planar_roi_measurement_groups()
    assert (lesion.finding_type.value, evaluations(lesion)) == ("786838002", ["Present", "fix"])
    reference = lesion.referenced_segmentation_frame[0].ReferencedSOPSequence[0]
    assert (reference.ReferencedSOPInstanceUID, reference.ReferencedSegmentNumber) == (seg.SOPInstanceUID, 2)
    assert seg.SegmentSequence[1].SegmentLabel == "nodule"
    others = report.content.get_image_measurement_groups()
    assert [(group.finding_type.value, evaluations(group)) for group in others] == [
        ("95436008", ["Absent", "reject"]),
        ("51615001", ["Presence Undetermined", "cannot_tell"]),
    ]
    for group in others:
        (source,) = group.source_images
        assert source.referenced_sop_instance_uid == film.SOPInstanceUID


def test_each_reader_has_a_report_and_a_machine_none() -> None:
    """Nor has who called a public label wrong: that is no word on what is there."""
    machines = replace(drawn("pneumothorax", EYE), by="pseudo", read=None)
    wrong = replace(drawn("pleural_effusion", EYE), by="public")
    one = labelled(
        "a.png",
        said(drawn("consolidation", EYE), "accept"),
        said(drawn("nodule", EYE), "fix", "판독 A=B^C"),
        machines,
        wrong,
    )
    found, _, _ = opened(one)
    names = [item.PersonName for report in found for item in report.ContentSequence if item.ValueType == "PNAME"]
    assert [str(name) for name in names] == ["Ada^", "판독 A B C^"]
    assert len({report.SOPInstanceUID for report in found}) == 2
    groups = [report.content.get_planar_roi_measurement_groups() for report in found]
    assert [[group.finding_type.value for group in several] for several in groups] == [["95436008"], ["786838002"]]
    assert opened(labelled("b.png", machines, wrong))[0] == []


def test_a_film_of_which_nobody_could_tell_has_a_report_without_segments() -> None:
    (report,), _, seg = opened(labelled("a.png", said(unsure("nodule"), "cannot_tell")))
    assert seg is None
    assert report.content.get_planar_roi_measurement_groups() == []
    assert len(report.content.get_image_measurement_groups()) == 1


def test_written_twice_it_is_the_same_and_of_when_it_was_said() -> None:
    one = labelled("a.png", said(drawn("nodule", EYE), "fix"), said(drawn("own", NOTHING), "reject"))
    film = film_dicom(one.film, np.zeros((32, 32), np.uint8))
    once, twice = (written(next(reports(one, film, segmentation(one, film)))) for _ in range(2))
    assert once == twice
    file = pydicom.dcmread(io.BytesIO(once))
    assert (file.ContentDate, file.ContentTime[:6]) == (AT[:10].replace("-", ""), "100000")
    assert (file.StudyInstanceUID, file.PatientID) == (film.StudyInstanceUID, film.PatientID)


@pytest.mark.parametrize("verdict", ["accept", "fix"])
def test_a_word_that_is_another_is_another_report(verdict: Verdict) -> None:
    (report,), _, _ = opened(labelled("a.png", said(drawn("nodule", EYE), verdict)))
    (other,), _, _ = opened(labelled("a.png", said(drawn("nodule", EYE), "reject")))
    assert report.SOPInstanceUID != other.SOPInstanceUID
