"""Decoding: bit-exact for what is good, a named reason for what is not, and never a crash of ours."""

import os
import signal
import struct
import zlib
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.encaps import generate_frames

from overread.datasets.decoding import decode as decoding
from overread.datasets.decoding.decode import Decoder, decode, decode_mask
from overread.domain.errors import UnreadableImage
from tests.datasets.films import dicom, png, transcoded


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_grey_png_and_dicom_are_bit_exact(kind: type) -> None:
    pixels = np.random.default_rng(0).integers(0, np.iinfo(kind).max, (33, 21)).astype(kind)  # type: ignore[var-annotated]
    for data in (png(pixels), dicom(pixels)):
        film = decode(data)
        assert film.pixels.dtype == kind
        assert np.array_equal(film.pixels, pixels)
    assert decode(dicom(pixels)).spacing_mm == (0.168, 0.168)


def test_grey_stored_as_colour_comes_back_grey() -> None:
    grey = np.random.default_rng(1).integers(0, 255, (16, 16)).astype(np.uint8)
    rgba = np.dstack([grey, grey, grey, np.full_like(grey, 9)])
    assert np.array_equal(decode(png(rgba)).pixels, grey)
    assert decode(png(np.dstack([grey, grey // 2, grey]))).pixels.ndim == 2


def test_monochrome1_is_inverted() -> None:
    pixels = np.array([[0, 10], [200, 255]], np.uint8)
    assert np.array_equal(decode(dicom(pixels, "MONOCHROME1")).pixels, 255 - pixels)


def lossless_jpeg(pixels: np.ndarray) -> bytes:
    written = pydicom.dcmread(BytesIO(transcoded(dicom(pixels), "JPEGLosslessProcess14_1")))
    return next(generate_frames(written.PixelData, number_of_frames=1))


@pytest.mark.parametrize(("kind", "most"), [(np.uint8, 255), (np.uint16, 65535)])
def test_a_lossless_jpeg_is_bit_exact_in_8_and_16_bits(kind: type, most: int) -> None:
    pixels = np.random.default_rng(2).integers(0, most, (40, 30)).astype(kind)  # type: ignore[var-annotated]
    data = lossless_jpeg(pixels)
    assert data.startswith(b"\xff\xd8\xff")
    assert np.array_equal(decode(data).pixels, pixels)


def huge_jpeg() -> bytes:
    data = bytearray(cv2.imencode(".jpg", np.zeros((8, 8), np.uint8))[1].tobytes())
    struct.pack_into(">HH", data, data.find(b"\xff\xc0") + 5, 60_000, 60_000)
    return bytes(data)


def huge_png() -> bytes:
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + head
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))


def without_pixels() -> bytes:
    dataset = pydicom.dcmread(BytesIO(dicom(np.zeros((2, 2), np.uint8))))
    del dataset.PixelData
    out = BytesIO()
    dataset.save_as(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"), (b"hello", "not a PNG"), (png(np.ones((64, 64), np.uint8))[:60], "truncated"),
        (huge_png(), "60000×60000"), (huge_jpeg(), "60000×60000"), (dicom(np.zeros((4, 4), np.uint8), Rows=60_000,
        Columns=60_000), "60000×60000"), (without_pixels(), "no pixels"), (b"\xff\xd8\xff\xe0 not a jpeg", "truncated"),
        (dicom(np.zeros((4, 4), np.uint8), NumberOfFrames=3), "frames"),
    ],
)  # fmt: skip
def test_what_is_no_film_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableImage, match=reason):
        decode(data)


@pytest.mark.parametrize("second", [(24, 20, 16, 2), (9_000, 9_000, 8, 0)])
def test_a_png_of_two_headers_is_refused_and_ends_no_child(second: tuple[int, int, int, int]) -> None:
    """The first was checked, and Pillow goes by the last."""
    data = png(np.zeros((20, 24), np.uint16))
    header = b"IHDR" + struct.pack(">IIBBBBB", *second, 0, 0, 0)
    twice = data[:33] + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header)) + data[33:]
    for ask in (decode, decode_mask):
        with pytest.raises(UnreadableImage, match="two headers"):
            ask(twice)


def test_a_child_that_dies_or_hangs_is_a_refusal_and_the_next_file_decodes() -> None:
    decoder = Decoder()
    good = png(np.ones((8, 8), np.uint8))
    decoder.decode(good)
    child = decoder._child
    assert child is not None
    os.kill(child.pid, signal.SIGSTOP)
    decoder._wall_seconds = 0.5
    with pytest.raises(UnreadableImage, match="hung"):
        decoder.decode(good)
    assert decoder._child is None
    decoder._wall_seconds = 60.0
    decoder.decode(good)
    assert decoder._child is not None
    decoder._child.kill()
    decoder._child.wait()
    with pytest.raises(UnreadableImage, match="crashed"):
        decoder.decode(good)
    assert decoder.decode(good).pixels.sum() == 64
    decoder.close()


def test_the_child_has_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERREAD_SECRET", "canary")
    child = decoding._start()
    try:
        environment = Path(f"/proc/{child.pid}/environ").read_text()
    finally:
        child.kill()
        child.wait()
        child.stdin.close()  # type: ignore[union-attr]
        child.stdout.close()  # type: ignore[union-attr]
    assert "canary" not in environment


GOOD = [
    png(np.eye(9, dtype=np.uint8)),
    dicom(np.eye(8, dtype=np.uint16)),
    lossless_jpeg(np.arange(99, dtype=np.uint16).reshape(9, 11)),
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_mutated_files_decode_or_are_refused(data: st.DataObject) -> None:
    base = data.draw(st.sampled_from(GOOD))
    broken = bytearray(base)
    for place in data.draw(st.lists(st.integers(0, len(base) - 1), min_size=1, max_size=6)):
        broken[place] = data.draw(st.integers(0, 255))
    with suppress(UnreadableImage):
        assert decode(bytes(broken)).pixels.ndim == 2
