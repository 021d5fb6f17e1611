"""The child that decodes: it may crash, hang or eat memory, and nothing of ours goes with it.

Protocol, length-prefixed (4 bytes, big endian): bytes of a file in; out a JSON header, then raw pixels. No pickle.
Limits are the kernel's: address space, CPU seconds, no file may be written. Run as ``python -m`` by ``decode.py``.
"""

import json
import resource
import struct
import sys
from io import BytesIO
from typing import Any, BinaryIO

import cv2
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.pixels import apply_rescale, pixel_array  # type: ignore[attr-defined]

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
        return raster(data), None
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


def answer(data: bytes) -> tuple[dict[str, Any], bytes]:
    """A header that says what follows, or why nothing does. Whatever a decoder raises is a refusal."""
    try:
        pixels, spacing = decode(data)
    except Refused as refused:
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
        header, pixels = answer(inside.read(struct.unpack(">I", length)[0]))
        send(out, json.dumps(header).encode())
        send(out, pixels)
        out.flush()


if __name__ == "__main__":
    main()
