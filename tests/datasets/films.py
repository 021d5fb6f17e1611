"""Films as files: PNG and DICOM, made of an array."""

import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import gdcm
import numpy as np
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid


def png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", pixels)[1].tobytes()


def dicom(pixels: np.ndarray, photometric: str = "MONOCHROME2", **tags: Any) -> bytes:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1"  # type: ignore[assignment]
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["film"])  # the same bytes each time
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.PatientID, dataset.PatientSex, dataset.PatientAge = "P-7", "F", "062Y"
    dataset.Rows, dataset.Columns = pixels.shape[:2]
    dataset.BitsAllocated = dataset.BitsStored = pixels.dtype.itemsize * 8
    dataset.HighBit, dataset.PixelRepresentation, dataset.SamplesPerPixel = dataset.BitsStored - 1, 0, 1
    if pixels.ndim == 3:
        dataset.SamplesPerPixel, dataset.PlanarConfiguration = 3, 0
    dataset.PhotometricInterpretation, dataset.PixelSpacing = photometric, [0.168, 0.168]
    dataset.PixelData = pixels.tobytes()
    return edited(dataset, **tags)


def edited(film: bytes | pydicom.Dataset, syntax: str = "", **tags: Any) -> bytes:
    """The DICOM with other values under some keywords, None for none, and perhaps said to be of another syntax."""
    dataset = pydicom.dcmread(BytesIO(film)) if isinstance(film, bytes) else film
    for name, value in tags.items():
        setattr(dataset, name, value)
        if value is None:
            delattr(dataset, name)
    if syntax:
        dataset.file_meta.TransferSyntaxUID = UID(syntax)
    out = BytesIO()
    pydicom.dcmwrite(out, dataset, enforce_file_format=True)
    return out.getvalue()


def transcoded(film: bytes, syntax: str) -> bytes:
    """The same pixels in a syntax as gdcm calls it: its encoders know 16 bits."""
    with tempfile.TemporaryDirectory() as folder:
        raw, coded = Path(folder, "raw.dcm"), Path(folder, "coded.dcm")
        raw.write_bytes(film)
        reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
        reader.SetFileName(str(raw))
        assert reader.Read()
        change.SetTransferSyntax(gdcm.TransferSyntax(getattr(gdcm.TransferSyntax, syntax)))
        change.SetInput(reader.GetImage())
        assert change.Change()
        writer.SetFileName(str(coded))
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        assert writer.Write()
        return coded.read_bytes()
