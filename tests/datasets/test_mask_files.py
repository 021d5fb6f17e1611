"""Masks as programs save them: the lesion without doubt, or a sentence that says why not; never a guess."""

import zlib
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from overread.domain.errors import InvalidMask
from tests.datasets.films import png
from tests.datasets.sources import masks_of, read, write

SIZE = 64
LESION = np.zeros((SIZE, SIZE), bool)
LESION[10:30, 20:40] = True
ONE = LESION.astype(np.uint8)
GREY = ONE * 255
CLEAR = np.zeros_like(GREY)


def area(folder: Path, data: bytes) -> int:
    write(folder / "a.png", np.full((SIZE, SIZE), 9, np.uint8))
    (folder / "a__nodule.png").write_bytes(data)
    entry = read("folder", folder)[0]["a.png"]
    mask = entry.masks(entry.load())["nodule"]
    assert not mask.any() or np.array_equal(mask, LESION)
    return int(mask.sum())


def saved(image: Image.Image, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, "PNG", **options)
    return out.getvalue()


def channels(*planes: np.ndarray | int) -> bytes:
    """Grey and alpha, or red, green, blue and alpha."""
    stacked = np.dstack([np.broadcast_to(plane, LESION.shape).astype(np.uint8) for plane in planes])
    return saved(Image.fromarray(stacked))


def palette(*colours: tuple[int, int, int], numbers: np.ndarray = ONE, **options: object) -> bytes:
    image = Image.fromarray(numbers)
    image = image.convert("P")
    image.putpalette([value for colour in colours for value in colour])
    return saved(image, **options)


def jpeg_ripples() -> bytes:
    jpeg = cv2.imencode(".jpg", GREY, [cv2.IMWRITE_JPEG_QUALITY, 60])[1]
    return png(np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE)))


ONE_LESION = {
    "grey of 8 bits": png(GREY),
    "0 and 1": png(ONE),
    "grey of 16 bits": png(LESION.astype(np.uint16) * 4095),
    "one bit": saved(Image.fromarray(LESION)),
    "grey as colour": channels(GREY, GREY, GREY),
    "red on black": channels(GREY, 0, 0),
    "black on transparent": channels(0, 0, 0, GREY),
    "half transparent red on transparent": channels(255, 0, 0, ONE * 128),
    "white on transparent": channels(255, 255, 255, GREY),
    "white and alpha": channels(255, GREY),
    "white on transparent black": channels(GREY, GREY, GREY, GREY),
    "white on opaque black": channels(GREY, GREY, GREY, 255),
    "the palette of VOC": palette((0, 0, 0), (128, 0, 0)),
    "a palette of transparencies": palette((0, 0, 0), (0, 0, 0), transparency=bytes([0, 255])),
    "black called transparent": saved(Image.fromarray(GREY), transparency=0),
}
TWO = ONE + 2 * ONE.T
DOUBTS = {
    "cubic": (png(cv2.resize(GREY[::4, ::4], (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)), "values, and a mask has"),
    "JPEG": (jpeg_ripples(), "values, and a mask has"),
    "two classes": (png(TWO), "it has 4 values"),
    "two alphas": (channels(0, 0, 0, TWO), "it has 4 values"),
    "classes in a palette": (palette((0, 0, 0), (9, 0, 0), (0, 9, 0), (9, 9, 0), numbers=TWO), "it has 4 values"),
    "no black": (png(GREY // 2 + 1), "neither of its two values is 0"),
    "red on white": (channels(255, 255 - GREY, 255 - GREY), "neither of its two values is 0"),
    "black on transparent white": (channels(255 - GREY, 255 - GREY, 255 - GREY, GREY), "say different things"),
    "black on white in a palette": (palette((255, 255, 255), (0, 0, 0)), "its palette"),
    "white alone in a palette": (palette((255, 255, 255), (0, 0, 0), numbers=CLEAR), "its palette"),
    "colour of 16 bits": (png(np.dstack([LESION.astype(np.uint16)] * 3)), "in colour with 16 bits"),
    "black on white": (png(255 - GREY), "black and white are exchanged"),
    "white alone": (png(255 - CLEAR), "marks 100% of its film"),
    "cut": (png(GREY)[:60], "truncated or damaged"),
}


@pytest.mark.parametrize("name", ONE_LESION)
def test_what_says_the_lesion_without_doubt_is_the_lesion(tmp_path: Path, name: str) -> None:
    assert area(tmp_path, ONE_LESION[name]) == LESION.sum()


@pytest.mark.parametrize(
    "data", [png(CLEAR), channels(0, 0, 0, 0), channels(0, 0, 0, 255)], ids=["L", "clear", "black"]
)
def test_an_empty_mask_is_empty(tmp_path: Path, data: bytes) -> None:
    assert area(tmp_path, data) == 0


@pytest.mark.parametrize("name", DOUBTS)
def test_what_leaves_a_doubt_is_refused(tmp_path: Path, name: str) -> None:
    data, why = DOUBTS[name]
    with pytest.raises(InvalidMask, match=why):
        area(tmp_path, data)


def test_a_refused_mask_says_which_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InvalidMask, match=r"^a__nodule\.png: .* Export it as 8-bit grey: 0 outside"):
        area(tmp_path, jpeg_ripples())


def test_a_mask_is_refused_by_its_size_before_it_is_decoded(tmp_path: Path) -> None:
    header = b"IHDR" + (60_000).to_bytes(4, "big") * 2 + bytes([1, 0, 0, 0, 0])
    data = b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + header + zlib.crc32(header).to_bytes(4, "big")
    with pytest.raises(InvalidMask, match="at most 50 million pixels"):
        area(tmp_path, data)


def test_masks_are_not_films_and_their_film_keeps_its_pixels(tmp_path: Path) -> None:
    area(tmp_path, png(GREY))
    (entry,) = read("folder", tmp_path)[0].values()
    assert (entry.file_name, masks_of(entry)["nodule"]) == ("a.png", 400)
