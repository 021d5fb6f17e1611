"""The child that decodes: it may crash, hang or eat memory, and nothing of ours goes with it.

Protocol, length-prefixed (4 bytes, big endian): in come a JSON list of DICOM keywords, or "mask", and the bytes of a
file; out go a JSON header and raw pixels (of a mask 0 and 1) or, when keywords were asked for, their values and nothing
more. No pickle.
Limits are the kernel's: memory, CPU seconds, no file may be written. Run as ``python -m`` by ``decode.py``.
"""

import json
import resource
import struct
import sys
from pathlib import Path
from typing import Any, BinaryIO

import cv2
import numpy as np

from overread.datasets.dicom import tags
from overread.datasets.greys import dicom
from overread.datasets.mask_png import read_mask
from overread.datasets.raster import PNG, check_png, jpeg, png
from overread.datasets.reading import Film
from overread.domain.errors import InvalidMask, UnreadableImage

FILM_BYTES = 896 << 20  # beside what the libraries map; in all it stays below 1 GiB
CPU_SECONDS = 10


def decode(data: bytes) -> Film:
    """The film in these bytes, by what they are, not by any name."""
    if not data:
        raise UnreadableImage("the file is empty (0 bytes)")
    if data.startswith(PNG):
        return png(data)
    if data.startswith(b"\xff\xd8\xff"):
        return jpeg(data)
    if data[128:132] == b"DICM":
        return dicom(data)
    raise UnreadableImage("it is not a PNG, a JPEG or a DICOM file")


def mask(data: bytes) -> Film:
    """A mask's PNG as 0 and 1."""
    if not data.startswith(PNG):
        raise UnreadableImage("it is no PNG, and no other format keeps a mask as it was drawn. Export it as PNG.")
    check_png(data)
    return Film(read_mask(data).astype(np.uint8))


def answer(data: bytes, keywords: list[str] | str) -> tuple[dict[str, Any], bytes]:
    """A header that says what follows, or why nothing does. Whatever a decoder raises is a refusal."""
    try:
        if isinstance(keywords, list) and keywords:
            return {"tags": tags(data, keywords)}, b""
        film = mask(data) if keywords == "mask" else decode(data)
    except (UnreadableImage, InvalidMask) as refused:
        return {"reason": refused.detail}, b""
    except MemoryError:
        return {"reason": "the image needs more memory than a film may"}, b""
    except Exception:  # pydicom and its codecs raise a dozen types on hostile bytes, in words for programmers
        return {"reason": "it cannot be decoded: it is damaged, or written in a form that is not read"}, b""
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
        keywords = json.loads(inside.read(struct.unpack(">I", length)[0]))
        header, pixels = answer(inside.read(struct.unpack(">I", inside.read(4))[0]), keywords)
        send(out, json.dumps(header).encode())
        send(out, pixels)
        out.flush()


if __name__ == "__main__":
    main()
