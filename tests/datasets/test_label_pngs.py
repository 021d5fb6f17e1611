"""A label map's PNG keeps its values, however few bits they have, and its colours."""

import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given

from overread.datasets.decoding.decode import decode_map
from overread.domain.errors import UnreadableImage
from tests.datasets.films import png
from tests.datasets.masks_told import MASKS, Pixels


@given(MASKS)
def test_values_of_a_map_are_what_they_were(mask: Pixels) -> None:
    for deep in (mask.astype(np.uint8) * 3, mask.astype(np.uint16) * 300):
        assert (decode_map(png(deep), colours=False) == deep).all()
    colour = np.zeros((*mask.shape, 3), np.uint8)
    colour[mask] = (3, 2, 1)  # blue, green, red
    assert (decode_map(png(colour), colours=True) == mask * 0x010203).all()


def small_png(values: np.ndarray, bits: int, palette: bytes = b"") -> bytes:
    """A PNG of grey, or of a palette's indices, of 1, 2 or 4 bits a pixel, by the standard."""
    height, width = values.shape
    rows = ("".join(f"{value:0{bits}b}" for value in row) for row in values.tolist())
    packed = b"".join(b"\0" + int(row.ljust(8, "0"), 2).to_bytes(-(-len(row) // 8), "big") for row in rows)
    header = struct.pack(">IIBBBBB", width, height, bits, 3 if palette else 0, 0, 0, 0)
    chunks = [
        (b"IHDR", header),
        *([(b"PLTE", palette)] if palette else []),
        (b"IDAT", zlib.compress(packed)),
        (b"IEND", b""),
    ]
    framed = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


@pytest.mark.parametrize("bits", [1, 2, 4])
@pytest.mark.parametrize("palette", [b"", bytes(range(255, 207, -1))])
def test_values_of_few_bits_are_not_stretched(bits: int, palette: bytes) -> None:
    values = np.arange(16).reshape(8, 2) % (1 << bits)
    assert (decode_map(small_png(values, bits, palette[: 3 << bits]), colours=False) == values).all()


def test_a_map_in_colour_has_no_values() -> None:
    with pytest.raises(UnreadableImage, match=r"labelmap\.txt"):
        decode_map(png(np.zeros((4, 4, 3), np.uint8)), colours=False)
    with pytest.raises(UnreadableImage, match="16 bits"):
        decode_map(png(np.zeros((4, 4, 3), np.uint16)), colours=True)
    with pytest.raises(UnreadableImage, match="no PNG"):
        decode_map(cv2.imencode(".jpg", np.zeros((4, 4), np.uint8))[1].tobytes(), colours=False)
    with pytest.raises(UnreadableImage, match=r"damaged|truncated"):
        decode_map(png(np.zeros((400, 400), np.uint8))[:60], colours=False)
