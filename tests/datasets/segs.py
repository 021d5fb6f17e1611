"""DICOM films and SEG objects of them, the latter made by highdicom."""

import warnings
from io import BytesIO

import highdicom
import numpy as np
import pydicom
from highdicom import AlgorithmIdentificationSequence
from highdicom.seg import Segmentation, SegmentDescription
from pydicom.uid import ComputedRadiographyImageStorage, generate_uid

from tests.datasets.films import dicom

ABNORMAL = highdicom.sr.CodedConcept("49755003", "SCT", "Morphologically Abnormal Structure")
EFFUSION = highdicom.sr.CodedConcept("60046008", "SCT", "Pleural effusion")


def film(grey: int, shape: tuple[int, int] = (10, 12)) -> bytes:
    """A radiograph, with all that a SEG repeats of it."""
    texts = dict.fromkeys(
        ("PatientBirthDate", "StudyDate", "StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName"), ""
    )
    return dicom(
        np.full(shape, grey, np.uint8),
        SOPClassUID=ComputedRadiographyImageStorage,
        SOPInstanceUID=generate_uid(),
        StudyInstanceUID=generate_uid(),
        SeriesInstanceUID=generate_uid(),
        Modality="CR",
        PatientName="A^B",
        InstanceNumber=1,
        SeriesNumber=1,
        PatientOrientation=["L", "F"],
        **texts,
    )


def seg(of: bytes, masks: dict[str, np.ndarray], kind: str = "BINARY", omit: bool = True, by: str = "MANUAL") -> bytes:
    """A SEG of a film, a segment a mask; empty ones without a frame where ``omit``; ``by``: as DICOM has it."""
    planes = np.stack(list(masks.values()), axis=-1)[None].astype(np.uint8)
    tool = None if by == "MANUAL" else AlgorithmIdentificationSequence("tool", ABNORMAL, "1")
    described = [
        SegmentDescription(number, label, ABNORMAL, EFFUSION, by, tool) for number, label in enumerate(masks, start=1)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = Segmentation(
            [pydicom.dcmread(BytesIO(of))], planes, kind, described, generate_uid(), 2, generate_uid(), 1,
            "maker", "tool", "1", "serial", omit_empty_frames=omit,
        )  # fmt: skip
    out = BytesIO()
    made.save_as(out)
    return out.getvalue()
