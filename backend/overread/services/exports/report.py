"""DICOM SR: what a person said of a film, as a Measurement Report (TID 1500).

A report for each film and reader. Each finding that the reader judged is a group of its own: what it is, whether it is
there, the verdict on what was shown, and the segment that stands by this word, or the film where nothing was marked.
"""

from collections.abc import Iterator
from dataclasses import asdict

from highdicom import sr
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from overread.domain.words import Told
from overread.services.exports.dicom_codes import OWN, finding_code
from overread.services.exports.dicom_film import MAKER, derived_uid, stamp, utc
from overread.services.exports.labels import Label, LabelledFilm, Word

Group = sr.PlanarROIMeasurementsAndQualitativeEvaluations | sr.MeasurementsAndQualitativeEvaluations
Said = list[tuple[Label, Word]]
CHEST_FILM = sr.CodedConcept("399208008", "SCT", "Plain chest X-ray")
VERDICT = sr.CodedConcept("verdict", OWN, "Verdict")
PRESENCE: dict[Told, Code] = {
    "lesion": codes.DCM.Present,
    "no_lesion": codes.DCM.Absent,
    "uncertain": codes.DCM.PresenceUndetermined,
}


def reports(one: LabelledFilm, film: Dataset, seg: Dataset | None) -> Iterator[sr.ComprehensiveSR]:
    """A film's reports, by readers as its findings name them; ``seg``: the segments of its labels."""
    by_reader: dict[str, Said] = {}
    for label in one.labels:
        if label.read is not None and label.by != "public":  # who calls a public label wrong does not say what is there
            by_reader.setdefault(label.read.reader, []).append((label, label.read))
    return (_report(reader, said, film, seg) for reader, said in by_reader.items())


def _report(reader: str, said: Said, film: Dataset, seg: Dataset | None) -> sr.ComprehensiveSR:
    known = (film.SOPInstanceUID, [asdict(label) for label, _ in said])
    person = sr.PersonObserverIdentifyingAttributes(_person_name(reader))
    content = sr.MeasurementReport(
        sr.ObservationContext(sr.ObserverContext(codes.DCM.Person, person)),
        CHEST_FILM,
        [_group(label, word, film, seg) for label, word in said],
        codes.DCM.ImagingMeasurementReport,
    )
    report = sr.ComprehensiveSR(
        [film] if seg is None else [film, seg], content[0],
        series_instance_uid=derived_uid("SR series", *known), series_number=3,
        sop_instance_uid=derived_uid("SR", *known), instance_number=1,
        manufacturer=MAKER, is_complete=True, is_final=True, series_description="What a reader said",
    )  # fmt: skip
    stamp(report, *utc(max(word.at for _, word in said)))
    return report


def _group(label: Label, word: Word, film: Dataset, seg: Dataset | None) -> Group:
    tracking = sr.TrackingIdentifier(derived_uid("tracking", film.SOPInstanceUID, label.finding), label.finding)
    evaluations = [
        sr.QualitativeEvaluation(codes.DCM.PresenceOfProperty, PRESENCE[label.told]),
        sr.QualitativeEvaluation(VERDICT, sr.CodedConcept(word.verdict, OWN, word.verdict)),
    ]
    image = film.SOPClassUID, film.SOPInstanceUID
    if label.told != "lesion" or seg is None:
        return sr.MeasurementsAndQualitativeEvaluations(
            tracking, finding_type=finding_code(label.finding), qualitative_evaluations=evaluations,
            source_images=[sr.SourceImageForMeasurementGroup(*image)],
        )  # fmt: skip
    number = next(one.SegmentNumber for one in seg.SegmentSequence if one.SegmentLabel == label.finding)
    segment = sr.ReferencedSegmentationFrame(
        seg.SOPClassUID, seg.SOPInstanceUID, number, number, sr.SourceImageForSegmentation(*image)
    )
    del segment[0].ReferencedSOPSequence[0].ReferencedFrameNumber  # DICOM has the one or the other
    return sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking, referenced_segment=segment, finding_type=finding_code(label.finding),
        qualitative_evaluations=evaluations,
    )  # fmt: skip


def _person_name(name: str) -> str:
    """A name as DICOM has it: all of it for the family name, since nobody said which part is one."""
    return f"{name.translate({ord(mark): ' ' for mark in '^=' + chr(92)})[:64].strip()}^"
