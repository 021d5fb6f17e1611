"""A JPEG comes in whole or not at all: decoders fill what is missing with grey, and say so on stderr alone."""

import os
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit

from overread.datasets.decoding.decode import Decoder, decode
from overread.datasets.decoding.jpeg import unwarned
from overread.domain.errors import UnreadableImage
from tests.datasets.films import dicom, edited, png, transcoded

PIXELS = np.random.default_rng(0).integers(0, 255, (90, 120)).astype(np.uint8)
KINDS: dict[str, dict[str, object]] = {
    "baseline": {},
    "progressive": {"progressive": True},
    "restarts": {"restart_marker_blocks": 4},
    "optimised": {"optimize": True, "quality": 95},
}


def jpeg(**options: object) -> bytes:
    out = BytesIO()
    Image.fromarray(PIXELS).save(out, "JPEG", **options)
    return out.getvalue()


def scan(data: bytes) -> int:
    return data.index(b"\xff\xda")


@pytest.mark.parametrize("kind", KINDS)
def test_a_jpeg_that_is_cut_off_is_refused_wherever(kind: str) -> None:
    data = jpeg(**KINDS[kind])
    assert decode(data).pixels.shape == PIXELS.shape
    assert decode(data + b"what a camera appends").pixels.shape == PIXELS.shape
    for place in np.linspace(4, len(data) - 1, 40).astype(int):
        with pytest.raises(UnreadableImage, match="truncated"):
            decode(data[:place])
    for place in np.linspace(scan(data) + 30, len(data) - 60, 20).astype(int):
        with pytest.raises(UnreadableImage, match="damaged"):
            decode(data[:place] + b"\xff\xd9")


@pytest.mark.parametrize("kind", KINDS)
def test_a_jpeg_whose_middle_is_zeros_is_refused(kind: str) -> None:
    data = jpeg(**KINDS[kind])
    middle = (scan(data) + len(data)) // 2
    with pytest.raises(UnreadableImage, match="damaged: Corrupt JPEG data"):
        decode(data[:middle] + bytes(1000) + data[middle + 1000 :])


def test_so_is_one_inside_a_dicom() -> None:
    data = jpeg()
    for broken in (data[: len(data) // 2], data[:2000] + bytes(1000) + data[3000:]):
        film = edited(dicom(PIXELS), JPEGBaseline8Bit, PixelData=encapsulate([broken]))
        with pytest.raises(UnreadableImage, match=r"JPEG is (truncated|damaged)"):
            decode(film)


@pytest.mark.parametrize(
    "between",
    [b"\0", b"\xff\xd7\0\x1c" + bytes(26), b"\xff\xd8", b"\xff\x01", b"\xff\xda"],
    ids=lambda one: one.hex()[:8],
)
def test_what_lies_between_segments_ends_no_child(between: bytes) -> None:
    """gdcm threw where nothing catches, and the child was gone."""
    film = transcoded(dicom(PIXELS.astype(np.uint16) * 200), "JPEGLosslessProcess14_1")
    data = film[film.index(b"\xff\xd8\xff") :]
    assert decode(data).bits == 16
    place = data.index(b"\xff\xc4")
    decoder = Decoder()
    decoder.decode(png(PIXELS))
    child = decoder._child
    with pytest.raises(UnreadableImage, match=r"JPEG is (truncated|damaged)|pixels"):
        decoder.decode(data[:place] + between + data[place:])
    assert decoder._child is child
    decoder.close()


def test_markers_may_be_filled_up() -> None:
    film = transcoded(dicom(PIXELS.astype(np.uint16) * 200), "JPEGLosslessProcess14_1")
    for data, mark in ((jpeg(), b"\xff\xc0"), (film[film.index(b"\xff\xd8\xff") :], b"\xff\xc3")):
        place = data.index(mark)
        filled = data[:place] + b"\xff\xff\xff" + data[place:]
        assert np.array_equal(decode(filled).pixels, decode(data).pixels)


def test_what_a_library_says_is_heard_and_stderr_is_what_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    def says(line: bytes) -> int:
        return os.write(2, line)

    assert unwarned(lambda: says(b"some other warning\n")) == 19
    with pytest.raises(UnreadableImage, match="Premature end of JPEG file"):
        unwarned(lambda: says(b"Premature end of JPEG file\n"))
    with pytest.raises(ZeroDivisionError):
        unwarned(lambda: 1 // 0)
    unwarned(lambda: sum(says(b"x" * 4096) for _ in range(16)))  # no more than a pipe takes: else it would wait
    before = len(os.listdir("/proc/self/fd"))
    unwarned(lambda: None)
    assert len(os.listdir("/proc/self/fd")) == before
    os.write(2, b"here again")
    assert capfd.readouterr().err == "here again"
