"""The child that decodes: it may crash, hang or eat memory, and nothing of ours goes with it.

Protocol, length-prefixed (4 bytes, big endian): in come a JSON list of DICOM keywords, or "mask", and the bytes of a
file; out go a JSON header and raw pixels (of a mask 0 and 1) or, when keywords were asked for, their values and nothing
more. No pickle.
Limits are the kernel's: address space, CPU seconds, no file may be written. Run as ``python -m`` by ``decode.py``.
"""

import json
import resource
import struct
import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Any, BinaryIO

import cv2
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import apply_rescale, pixel_array  # type: ignore[attr-defined]
from pydicom.uid import JPEGExtended12Bit, JPEGLossless

from overread.datasets.mask_png import read_mask
from overread.domain.errors import InvalidMask

MAX_PIXELS = 50_000_000
ADDRESS_SPACE = 4 << 30  # imports alone map over 1 GiB; a film of 50 Mpx needs several copies while it is decoded
CPU_SECONDS = 20


class Refused(Exception):
    """A reason for people."""


def decode(data: bytes) -> tuple[NDArray[Any], float | None]:
    """Grey pixels uint8 or uint16 and their spacing in mm, by what the bytes are, not by any name."""
    if not data:
        raise Refused("the file is empty (0 bytes)")
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        if len(data) < 33:
            raise Refused("the PNG is truncated")
        check_size(*struct.unpack(">II", data[16:24]))
        return raster(data), None
    if data.startswith(b"\xff\xd8\xff"):
        return jpeg(data), None
    if data[128:132] == b"DICM":
        return dicom(data)
    raise Refused("it is not a PNG, a JPEG or a DICOM file")


def check_size(width: int, height: int) -> None:
    """Refuse by the header, before a byte is allocated."""
    if not width or not height:
        raise Refused("the image has no pixels")
    if width * height > MAX_PIXELS:
        raise Refused(f"the image is {width}×{height}; at most {MAX_PIXELS // 1_000_000} million pixels are read")


def raster(data: bytes) -> NDArray[Any]:
    """PNG and JPEG; colour becomes grey by OpenCV's luma, alpha is left out."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise Refused("the image is truncated or damaged")
    check_size(pixels.shape[1], pixels.shape[0])
    if pixels.ndim == 3:
        grey = (pixels[..., :3] == pixels[..., :1]).all()
        pixels = pixels[..., 0] if grey else cv2.cvtColor(pixels[..., :3], cv2.COLOR_BGR2GRAY)
    if pixels.dtype not in (np.uint8, np.uint16):
        raise Refused(f"pixels of type {pixels.dtype} are not read; save 8 or 16 bits")
    return pixels


def jpeg(data: bytes) -> NDArray[Any]:
    """A JPEG; OpenCV reads those of 8 bits, gdcm those of more (12-bit, and lossless up to 16)."""
    for place, marker in jpeg_segments(data):
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a frame's header
            bits, rows, columns, channels = struct.unpack_from(">BHHB", data, place)
            check_size(columns, rows)
            if bits > 8 and channels == 1:
                return deep_jpeg(data, bits, rows, columns, lossless=marker == 0xC3)
            break
    return raster(data)


def jpeg_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Where the body of each segment starts and what its marker is, up to the compressed pixels."""
    place = 2
    while place + 12 <= len(data) and data[place] == 0xFF and data[place + 1] != 0xDA:
        yield place + 4, data[place + 1]
        place += 2 + struct.unpack_from(">H", data, place + 2)[0]


def deep_jpeg(data: bytes, bits: int, rows: int, columns: int, *, lossless: bool) -> NDArray[Any]:
    """A grey JPEG of 9 to 16 bits, put into a DICOM's clothes for the decoder that knows it."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = JPEGLossless if lossless else JPEGExtended12Bit
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = rows, columns, 1
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, bits, bits - 1, 0
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.PixelData = encapsulate([data])
    dataset["PixelData"].VR = "OB"
    return pixel_array(dataset).astype(np.uint16)


def dicom(data: bytes) -> tuple[NDArray[Any], float | None]:
    """A single-frame grey DICOM: rescaled, MONOCHROME1 inverted, as uint8 or uint16."""
    dataset = pydicom.dcmread(BytesIO(data))
    if "PixelData" not in dataset:
        raise Refused("the DICOM has no pixels")
    check_size(int(dataset.Columns), int(dataset.Rows))
    if int(dataset.get("NumberOfFrames") or 1) != 1:
        raise Refused("the DICOM has several frames; a chest film has one")
    values = apply_rescale(pixel_array(dataset), dataset).astype(np.float64)
    if values.ndim == 3:
        values = values.mean(axis=2)
    if dataset.get("PhotometricInterpretation") == "MONOCHROME1":
        values = values.max() + values.min() - values
    values -= min(values.min(), 0)
    if values.max() > 65535:
        values *= 65535 / values.max()
    spacing = dataset.get("PixelSpacing") or dataset.get("ImagerPixelSpacing")
    kind = np.uint8 if int(dataset.BitsAllocated) == 8 and values.max() <= 255 else np.uint16
    return np.rint(values).astype(kind), float(spacing[0]) if spacing else None


def tags(data: bytes, keywords: list[str]) -> dict[str, str]:
    """The values of these keywords, empty where the DICOM has none. Padded with spaces by the standard and with NULs by
    some machines: the same patient all the same."""
    if data[128:132] != b"DICM":
        raise Refused("it is not a DICOM file")
    about = pydicom.dcmread(BytesIO(data), stop_before_pixels=True, specific_tags=keywords)
    return {keyword: str(about.get(keyword, "") or "").strip(" \0") for keyword in keywords}


def mask(data: bytes) -> NDArray[np.uint8]:
    """A mask's PNG as 0 and 1."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        raise Refused("it is no PNG, and no other format keeps a mask as it was drawn. Export it as PNG.")
    if len(data) < 33:
        raise Refused("the PNG is truncated")
    check_size(*struct.unpack(">II", data[16:24]))
    return read_mask(data).astype(np.uint8)


def answer(data: bytes, keywords: list[str] | str) -> tuple[dict[str, Any], bytes]:
    """A header that says what follows, or why nothing does. Whatever a decoder raises is a refusal."""
    try:
        if isinstance(keywords, list) and keywords:
            return {"tags": tags(data, keywords)}, b""
        pixels, spacing = (mask(data), None) if keywords == "mask" else decode(data)
    except (Refused, InvalidMask) as refused:
        return {"reason": str(refused)}, b""
    except MemoryError:
        return {"reason": "the image needs more memory than a film may"}, b""
    except Exception as error:  # pydicom and its codecs raise a dozen types on hostile bytes
        return {"reason": f"it cannot be decoded ({type(error).__name__}: {str(error)[:200]})"}, b""
    height, width = pixels.shape
    header = {"height": height, "width": width, "bits": pixels.dtype.itemsize * 8, "spacing": spacing}
    return header, np.ascontiguousarray(pixels).tobytes()


def send(out: BinaryIO, payload: bytes) -> None:
    """One length-prefixed message."""
    out.write(struct.pack(">I", len(payload)) + payload)


def main() -> None:
    """Decode until the parent closes the pipe."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    inside, out = sys.stdin.buffer, sys.stdout.buffer
    while len(length := inside.read(4)) == 4:
        used = resource.getrusage(resource.RUSAGE_SELF)
        spent = int(used.ru_utime + used.ru_stime)
        resource.setrlimit(resource.RLIMIT_CPU, (spent + CPU_SECONDS, resource.RLIM_INFINITY))
        keywords = json.loads(inside.read(struct.unpack(">I", length)[0]))
        header, pixels = answer(inside.read(struct.unpack(">I", inside.read(4))[0]), keywords)
        send(out, json.dumps(header).encode())
        send(out, pixels)
        out.flush()


if __name__ == "__main__":
    main()
