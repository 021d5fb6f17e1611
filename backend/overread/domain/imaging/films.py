"""The bytes of a film and of its probability maps: a 16-byte header, then raw row-major pixels.

Header, little endian: magic (4 ASCII bytes), width (uint32), height (uint32), n (uint16), zero (uint16). For a film
(``OVR1``) n is the bits per pixel, 8 or 16; for probability maps (``OVP1``) n is the number of findings, and n planes
of uint8 follow, 0…255 for P = value / 255. Stored, mapped by training and sent to the browser as they are.
"""

import struct

import numpy as np
from numpy.typing import NDArray

from overread.domain.errors import UnreadableImage

HEADER = struct.Struct("<4sIIHH")


def pack_film(pixels: NDArray[np.uint8] | NDArray[np.uint16]) -> bytes:
    """Grey pixels (height, width), uint8 or uint16, as bytes."""
    height, width = pixels.shape
    bits = pixels.dtype.itemsize * 8
    data = np.ascontiguousarray(pixels, dtype=np.uint8 if bits == 8 else np.dtype("<u2"))
    return HEADER.pack(b"OVR1", width, height, bits, 0) + data.tobytes()


def unpack_film(data: bytes) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """The pixels (height, width) of a packed film; raises UnreadableImage when the bytes are none."""
    width, height, bits = _header(data, b"OVR1")
    body = _body(data, width * height * bits // 8)
    if bits == 8:
        return np.frombuffer(body, np.uint8).reshape(height, width)
    return np.frombuffer(body, np.dtype("<u2")).astype(np.uint16, copy=False).reshape(height, width)


def pack_maps(maps: NDArray[np.uint8]) -> bytes:
    """Probability maps (findings, height, width) as bytes."""
    findings, height, width = maps.shape
    return HEADER.pack(b"OVP1", width, height, findings, 0) + np.ascontiguousarray(maps).tobytes()


def unpack_maps(data: bytes) -> NDArray[np.uint8]:
    """The maps (findings, height, width) of a packed blob; raises UnreadableImage when the bytes are none."""
    width, height, findings = _header(data, b"OVP1")
    return np.frombuffer(_body(data, width * height * findings), np.uint8).reshape(findings, height, width)


def _header(data: bytes, magic: bytes) -> tuple[int, int, int]:
    if len(data) < HEADER.size or data[:4] != magic:
        raise UnreadableImage(f"These bytes do not start with {magic.decode()}: the blob is not what its row says.")
    _, width, height, n, _ = HEADER.unpack_from(data)
    return width, height, n


def _body(data: bytes, size: int) -> memoryview:
    body = memoryview(data)[HEADER.size :]
    if len(body) != size:
        raise UnreadableImage(f"The header promises {size} bytes of pixels, {len(body)} follow: the blob is cut.")
    return body
