"""The child that decodes: it may crash, hang or eat memory, and nothing of ours goes with it.

Protocol, length-prefixed (4 bytes, big endian): in come a question in JSON and the bytes of a file; out go a JSON
header and raw pixels, if any are asked for. No pickle. Questions: [] for a film, a list of DICOM keywords for their
values; "mask" (0 and 1), "values" or "colours" of a label map; "segments" of a DICOM SEG, {"instance": UID} for its
pixels on one film; {"pattern": …} for what a pattern finds in a list of paths.
Limits are the kernel's: memory, CPU seconds, no file may be written. Run as ``python -m`` by ``decode.py``.
"""

import json
import resource
import struct
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from overread.datasets.decoding import label_png, seg
from overread.datasets.decoding.bmp import BMP, bmp, bmp_film
from overread.datasets.decoding.dicom import tags
from overread.datasets.decoding.greys import dicom
from overread.datasets.decoding.lettering import LETTERS, has_lettering
from overread.datasets.decoding.mask_png import inside, inside_of, is_black, read_mask
from overread.datasets.decoding.patient_pattern import patients
from overread.datasets.decoding.raster import PNG, check_png, jpeg, png
from overread.datasets.decoding.tiff import TIFFS, tiff
from overread.datasets.reading import Film
from overread.domain.errors import InvalidMask, UnreadableImage

FILM_BYTES = 896 << 20  # beside what the libraries map; in all it stays below 1 GiB
CPU_SECONDS = 10


def decode(data: bytes) -> Film:
    """The film in these bytes, by what they are, not by any name."""
    if not data:
        raise UnreadableImage("the file is empty (0 bytes)")
    if data.startswith(PNG):
        film = png(data)
    elif data.startswith(b"\xff\xd8\xff"):
        film = jpeg(data)
    elif data[128:132] == b"DICM":
        film = dicom(data)
    elif data.startswith(TIFFS):
        film = Film(tiff(data))
    elif data.startswith(BMP):
        film = bmp_film(data)
    else:
        raise UnreadableImage("it is not a PNG, a JPEG, a TIFF, a BMP or a DICOM file")
    return replace(film, remarks=(*film.remarks, LETTERS)) if has_lettering(film.pixels) else film


def mask(data: bytes) -> NDArray[np.bool_]:
    """A mask's PNG, TIFF or BMP as 0 and 1."""
    if data.startswith(TIFFS):
        return inside(tiff(data))
    if data.startswith(BMP):
        return inside_of(bmp(data))
    if not data.startswith(PNG):
        raise UnreadableImage("it is no PNG, TIFF or BMP, which keep a mask as it was drawn. Export it as PNG.")
    check_png(data)
    return read_mask(data)


def black(data: bytes) -> bool:
    """Whether a mask is a PNG that is black all over."""
    if not data.startswith(PNG):
        return False
    check_png(data)
    return is_black(data)


PLANES: dict[str, Callable[[bytes], NDArray[Any]]] = {
    "mask": mask,
    "values": label_png.values,
    "colours": label_png.colours,
}
Question = list[str] | dict[str, str] | str


def answer(data: bytes, question: Question) -> tuple[dict[str, Any], bytes]:
    """A header that says what follows, or why nothing does. Whatever a decoder raises is a refusal."""
    try:
        return _asked(data, question) if question else _film(data)
    except (UnreadableImage, InvalidMask) as refused:
        return {"reason": refused.detail}, b""
    except MemoryError:
        return {"reason": "the image needs more memory than a film may"}, b""
    except Exception:  # pydicom and its codecs raise a dozen types on hostile bytes, in words for programmers
        return {"reason": "it cannot be decoded: it is damaged, or written in a form that is not read"}, b""


def _asked(data: bytes, question: Question) -> tuple[dict[str, Any], bytes]:
    if isinstance(question, list):
        return {"tags": tags(data, question)}, b""
    if isinstance(question, dict) and "pattern" in question:
        return {"patients": patients(question["pattern"], json.loads(data))}, b""
    if question == "segments":
        return seg.describe(data), b""
    if isinstance(question, dict) and "drawn_on" in question:
        return {"drawn": seg.drawn(data, question["drawn_on"])}, b""
    if question == "black":
        return {"black": black(data)}, b""
    pixels = seg.planes(data, question["instance"]) if isinstance(question, dict) else PLANES[question](data)
    return {"shape": pixels.shape, "dtype": pixels.dtype.str}, np.ascontiguousarray(pixels).tobytes()


def _film(data: bytes) -> tuple[dict[str, Any], bytes]:
    film = decode(data)
    height, width = film.pixels.shape
    header = {
        "height": height,
        "width": width,
        "bits": film.bits,
        "spacing": film.spacing_mm,
        "remarks": film.remarks,
    }
    return header, np.ascontiguousarray(film.pixels).tobytes()


def send(out: BinaryIO, payload: bytes) -> None:
    """One length-prefixed message."""
    out.write(struct.pack(">I", len(payload)) + payload)


def main() -> None:
    """Decode until the parent closes the pipe."""
    cv2.setNumThreads(1)  # a stack for each of many cores would use the memory up
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (mapped + FILM_BYTES, mapped + FILM_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    inside, out = sys.stdin.buffer, sys.stdout.buffer
    while len(length := inside.read(4)) == 4:
        used = resource.getrusage(resource.RUSAGE_SELF)
        spent = int(used.ru_utime + used.ru_stime)
        resource.setrlimit(resource.RLIMIT_CPU, (spent + CPU_SECONDS, resource.RLIM_INFINITY))
        question = json.loads(inside.read(struct.unpack(">I", length)[0]))
        header, pixels = answer(inside.read(struct.unpack(">I", inside.read(4))[0]), question)
        send(out, json.dumps(header).encode())
        send(out, pixels)
        out.flush()


if __name__ == "__main__":
    main()
