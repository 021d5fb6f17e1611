"""DICOM SEG: for each film its masks as segments, and the film that they lie on.

A finding that somebody told has a segment, and one that is not there an empty one: its frame is kept. An uncertain
finding has no segment, since a segment's frame says where something is; nor has one that nobody looked at. The two are
told apart by ``labels.jsonl``, which has all the rest.
"""

from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
from highdicom import AlgorithmIdentificationSequence
from highdicom.seg import Segmentation, SegmentDescription
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from overread.domain.imaging.films import unpack_film
from overread.domain.words import Origin, ToldBy
from overread.services.exports.dicom_codes import finding_code
from overread.services.exports.dicom_film import MAKER, VERSION, derived_uid, film_dicom, stamp, utc, written
from overread.services.exports.folder import Folder, file_stem
from overread.services.exports.labels import Label, LabelledFilm
from overread.services.exports.lines import json_line
from overread.services.exports.people import people
from overread.services.exports.report import reports
from overread.storage import BlobStore

# Who marked it, in DICOM's words: a reader had the machine's mask before him, a public label is made with a machine.
ALGORITHMS: dict[ToldBy, Origin] = {
    "reference": "MANUAL", "read": "SEMIAUTOMATIC", "pseudo": "AUTOMATIC", "public": "SEMIAUTOMATIC"
}  # fmt: skip


def write_seg(folder: Folder, films: Iterator[LabelledFilm], blobs: BlobStore) -> None:
    """``films/ab/NAME.dcm`` for each film, ``segs/ab/NAME.dcm`` where anything is told of it, and what each reader said
    of it in ``reports/ab/NAME-1.dcm`` and so on. ``patients.csv`` says whose film is whose and where it may go."""
    with folder.lines("labels.jsonl") as tell, people(folder, "patients.csv") as whose:
        for one in films:
            stem = file_stem(one.film)
            name = f"{one.film.sha256[:2]}/{stem}"  # a folder of a million files is slow to list
            film = film_dicom(one.film, unpack_film(blobs.get(one.film.sha256)))
            folder.put(f"films/{name}.dcm", written(film))
            whose(f"films/{name}.dcm", one.film)
            seg = segmentation(one, film)
            if seg is not None:
                folder.put(f"segs/{name}.dcm", written(seg))
            for number, report in enumerate(reports(one, film, seg), start=1):
                folder.put(f"reports/{name}-{number}.dcm", written(report))
            for label in one.labels:
                tell(json_line(one.film, label, stem))


def segmentation(one: LabelledFilm, film: Dataset) -> Segmentation | None:
    """The segments of a film, one a finding that is told, in the project's order; None where nothing is."""
    told = [label for label in one.labels if label.told != "uncertain" and label.mask is not None]
    if not told:
        return None
    masks = np.stack([label.mask.pixels for label in told if label.mask is not None])
    known = (film.SOPInstanceUID, [asdict(label) for label in told])
    seg = Segmentation(
        [film], np.moveaxis(masks, 0, -1)[np.newaxis], "BINARY",
        [_described(number, label) for number, label in enumerate(told, start=1)],
        series_instance_uid=derived_uid("SEG series", *known), series_number=2,
        sop_instance_uid=derived_uid("SEG", *known), instance_number=1,
        manufacturer=MAKER, manufacturer_model_name=MAKER, software_versions=VERSION, device_serial_number="0",
        content_label="FINDINGS", content_description="Findings of a chest film", series_description="Findings",
        omit_empty_frames=False,
    )  # fmt: skip
    bits = np.packbits(masks, axis=None, bitorder="little").tobytes()  # highdicom packs frames below a byte wrongly
    seg.PixelData = bits + b"\0" * (len(bits) % 2)
    seg.PatientOrientation = ""
    # A pixel's measures are the film's. Here they would have no thickness, and highdicom's own reader asks for one.
    seg.SharedFunctionalGroupsSequence[0].pop("PixelMeasuresSequence", None)
    for item in (*seg.DimensionOrganizationSequence, *seg.DimensionIndexSequence):
        item.DimensionOrganizationUID = derived_uid("dimensions", *known)  # drawn at random otherwise
    stamp(seg, *utc(max(label.at for label in told)))
    return seg


def _described(number: int, label: Label) -> SegmentDescription:
    algorithm = ALGORITHMS[label.by]
    by = f"{MAKER} iteration {label.machine.iteration}" if label.machine is not None else label.by
    described = SegmentDescription(
        number, label.finding, codes.SCT.MorphologicallyAbnormalStructure, finding_code(label.finding), algorithm,
        None if algorithm == "MANUAL" else
        AlgorithmIdentificationSequence(by, codes.DCM.ArtificialIntelligence, VERSION),
    )  # fmt: skip
    described.SegmentDescription = f"{label.told}, by {label.by}"
    return described
