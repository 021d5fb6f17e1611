"""A film as a DICOM file: what SEG and SR objects refer to.

No header that a film came with is kept, so its DICOM is made anew: a Secondary Capture of its pixels and of what is
known of it, of patient p17. Its UIDs follow from what is in it, so that the same film is the same file at any time.
"""

import io
import uuid
from datetime import UTC, datetime
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, SecondaryCaptureImageStorage
from pydicom.valuerep import DA, DT, TM, format_number_as_ds

from overread.services.exports.labels import Film
from overread.services.exports.lines import compact

MAKER, VERSION = "Overread", version("overread")
SEXES = ("F", "M", "O")  # DICOM's; another word is none of its
_OURS = uuid.uuid5(uuid.NAMESPACE_DNS, "overread.dicom")


def derived_uid(kind: str, *content: object) -> UID:
    """A UID (2.25.…) of a kind of thing with this content: the same whenever it is asked."""
    return UID(f"2.25.{uuid.uuid5(_OURS, compact([kind, *content])).int}")


def film_dicom(film: Film, pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> Dataset:
    """A film with its pixels (height, width), uint8 or uint16, as they are kept here: dark is low (MONOCHROME2)."""
    bits = pixels.itemsize * 8
    told = _about(film) | {"BitsAllocated": bits, "BitsStored": bits, "HighBit": bits - 1}
    uids = {f"{kind}InstanceUID": derived_uid(kind, film.sha256, told) for kind in ("Study", "Series", "SOP")}
    dataset = Dataset()
    for keyword, value in (told | uids).items():
        setattr(dataset, keyword, value)
    raw = pixels.astype("<u2" if bits == 16 else np.uint8).tobytes()
    dataset.add_new("PixelData", "OW" if bits == 16 else "OB", raw + b"\0" * (len(raw) % 2))
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = uids["SOPInstanceUID"]
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def _about(film: Film) -> dict[str, str | int | list[str]]:
    """A film's header by DICOM's keywords, but for what it is named by."""
    pairs = (film.row_spacing_mm, film.column_spacing_mm)
    spacing = [format_number_as_ds(mm) for mm in pairs if mm is not None]
    return {
        "SpecificCharacterSet": "ISO_IR 192",
        "SOPClassUID": SecondaryCaptureImageStorage,
        "ImageType": ["DERIVED", "SECONDARY"],
        "Modality": "OT",
        "ConversionType": "WSD",
        "Manufacturer": MAKER,
        "PatientName": f"{film.patient}^",  # a family name
        "PatientID": film.patient,
        "PatientSex": film.sex if film.sex in SEXES else "",
        "PatientIdentityRemoved": "YES",
        "DeidentificationMethod": "The header is made anew",
        "BodyPartExamined": "CHEST",
        "SeriesDescription": f"Chest film {film.view or ''}".strip()[:64],
        "SeriesNumber": 1,
        "InstanceNumber": 1,
        **dict.fromkeys(
            ("PatientBirthDate", "StudyDate", "StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName",
             "PatientOrientation"), ""
        ),
        **({"PatientAge": _age(film.age)} if film.age is not None else {}),
        **({"PixelSpacing": spacing} if spacing else {}),
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": film.height,
        "Columns": film.width,
        "PixelRepresentation": 0,
    }  # fmt: skip


def _age(years: float) -> str:
    return f"{int(years):03d}Y" if years >= 2 else f"{int(years * 12):03d}M"


def written(dataset: Dataset) -> bytes:
    """The file."""
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def stamp(dataset: Dataset, date: str, time: str) -> None:
    """Let an object be of this date and time in UTC, and not of when its file was written."""
    dataset.InstanceCreationDate = dataset.ContentDate = DA(date)
    dataset.InstanceCreationTime = dataset.ContentTime = TM(time)
    dataset.TimezoneOffsetFromUTC = "+0000"
    for item in dataset.ContributingEquipmentSequence:
        item.ContributionDateTime = DT(f"{date}{time}")


def utc(at: str) -> tuple[str, str]:
    """DICOM's date and time, in UTC, of an ISO 8601 one."""
    when = datetime.fromisoformat(at).astimezone(UTC)
    return when.strftime("%Y%m%d"), when.strftime("%H%M%S.%f")
