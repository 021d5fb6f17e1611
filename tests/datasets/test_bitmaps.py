"""TIFF and BMP: films and masks pixel by pixel however they are stored, and a sentence for whatever leaves a doubt."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from overread.datasets.decoding.decode import decode, decode_mask
from overread.domain.errors import InvalidInput, UnreadableImage
from tests.datasets.bitmaps import DEFLATE, LONG, LZW, NONE, SHORT, bmp, tiff
from tests.datasets.films import png
from tests.datasets.sources import masks_of, read, reasons

GREY = np.random.default_rng(3).integers(0, 255, (21, 19)).astype(np.uint8)
DEEP = GREY.astype(np.uint16) * 251 + 3
LESION = np.zeros((21, 19), np.uint8)
LESION[4:9, 3:14] = 255
GREYS = [(n, n, n) for n in range(256)]


@pytest.mark.parametrize("white", [False, True])
@pytest.mark.parametrize("rows", [0, 4])
@pytest.mark.parametrize("packed", [NONE, LZW, DEFLATE])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("pixels", [GREY, DEEP], ids=["8", "16"])
def test_a_tiff_is_its_pixels(pixels: np.ndarray, order: str, packed: int, rows: int, white: bool) -> None:
    film = decode(tiff(pixels, order, packed, rows, white))
    assert film.pixels.dtype == pixels.dtype
    assert np.array_equal(film.pixels, np.iinfo(pixels.dtype).max - pixels if white else pixels)


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_deflate", "tiff_adobe_deflate"])
@pytest.mark.parametrize("predictor", [1, 2])
@pytest.mark.parametrize("pixels", [GREY, DEEP], ids=["8", "16"])
def test_a_tiff_of_another_writer_is_its_pixels(pixels: np.ndarray, compression: str | None, predictor: int) -> None:
    out = BytesIO()
    more = {"tiffinfo": {317: predictor}} if compression else {}
    Image.fromarray(pixels).save(out, "TIFF", compression=compression, **more)
    assert np.array_equal(decode(out.getvalue()).pixels, pixels)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (tiff(GREY, further=8), "several pages"),
        (tiff(GREY, tags={258: (SHORT, [12])}), "not grey of 8 or 16"),
        (tiff(GREY, tags={258: (SHORT, [8, 8, 8]), 277: (SHORT, [3])}), "not grey"),
        (tiff(GREY, tags={262: (SHORT, [3])}), "not grey"),
        (tiff(GREY, tags={339: (SHORT, [2])}), "not grey"),
        (tiff(GREY, tags={259: (SHORT, [7])}), "is compressed, and not by"),
        (tiff(GREY, tags={273: None, 279: None, 322: (SHORT, [16]), 324: (LONG, [8])}), "lies in tiles"),
        (tiff(GREY, tags={274: (SHORT, [6])}), "turned or mirrored"),
        (tiff(GREY, ">", tags={274: (SHORT, [3])}), "turned or mirrored"),
        (tiff(GREY, ">", tags={274: (LONG, [2])}), "turned or mirrored"),
        (tiff(GREY, tags={266: (SHORT, [2])}), "not grey"),
        (tiff(GREY, packed=LZW, tags={317: (SHORT, [3])}), "truncated or damaged"),
        (tiff(GREY, packed=LZW, strips=[b"\0\1" + bytes(99)]), "truncated or damaged"),
        (tiff(GREY, rows=4, tags={273: (LONG, [8, 84])}), "damaged"),
        (tiff(GREY, rows=1, tags={273: (LONG, [8] * 21)}), "lie in one another"),
        (tiff(GREY, tags={273: (LONG, [4])}), "lie in one another"),
        (tiff(GREY, tags={257: (LONG, [42]), 278: (LONG, [42])}), "shorter than its rows"),
        (tiff(GREY, tags={278: (LONG, [0])}), "damaged"),
        (tiff(GREY, tags={256: None}), "damaged|no pixels|at most"),
        (tiff(GREY, tags={256: (LONG, [0])}), "no pixels"),
        (tiff(GREY, tags={273: (LONG, [10**6])}), "truncated or damaged"),
        (tiff(GREY)[:-20], "truncated"),
        (tiff(GREY)[:7], "truncated"),
        (tiff(GREY, packed=DEFLATE, strips=[b"x\x9c"]), "truncated or damaged"),
        (tiff(GREY, packed=DEFLATE, strips=[tiff(GREY[:5], packed=DEFLATE)[8:-140]]), "truncated or damaged"),
        (b"II+\0" + bytes(64), "not a PNG, a JPEG, a TIFF"),
    ],
)
def test_a_tiff_that_leaves_a_doubt_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableImage, match=reason):
        decode(data)


def test_what_other_tags_say_turns_no_pixel(tmp_path: Path) -> None:
    """Pillow turns an image over by XMP too, which its masks do not know."""
    xmp = '<x:xmpmeta xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="3"/>'
    Image.fromarray(GREY).save(tmp_path / "a.tif", tiffinfo={700: xmp.encode(), 301: (0,) * 768, 34665: 8})
    assert np.array_equal(decode((tmp_path / "a.tif").read_bytes()).pixels, GREY)


@pytest.mark.parametrize("top_down", [False, True])
def test_a_bmp_is_its_pixels(top_down: bool) -> None:
    assert np.array_equal(decode(bmp(GREY, GREYS, top_down=top_down)).pixels, GREY)
    assert np.array_equal(decode(bmp(np.dstack([GREY] * 3), bits=24, top_down=top_down)).pixels, GREY)
    two = LESION // 255
    for bits in (1, 8):  # Pillow itself reads the second as garbage
        assert np.array_equal(decode(bmp(two, [(0, 0, 0), (255, 255, 255)], bits, top_down)).pixels, LESION)
    out = BytesIO()
    Image.fromarray(GREY).save(out, "BMP")
    assert np.array_equal(decode(out.getvalue()).pixels, GREY)


def test_a_bmp_in_colour_says_so() -> None:
    colours = np.dstack([GREY, GREY[::-1], GREY[:, ::-1]])
    film = decode(bmp(colours, bits=24))
    assert film.remarks == ("it is in colour, and its luminance is read",)
    assert np.abs(film.pixels - colours @ [0.299, 0.587, 0.114]).max() < 1


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (bmp(GREY, GREYS, packed=1), "compressed"),
        (bmp(GREY, GREYS, bits=4), "not of 1, 8 or 24"),
        (bmp(GREY, GREYS)[:-1], "truncated"),
        (bmp(GREY, GREYS)[:30], "truncated"),
        (bmp(GREY, GREYS, height=0), "no pixels"),
        (bmp(GREY, GREYS, width=-19), "no pixels"),
        (bmp(GREY, GREYS, width=2**31 - 1), "at most 50 million"),
        (bmp(GREY, GREYS[:20]), "a colour that it does not tell"),
    ],
)
def test_a_bmp_that_leaves_a_doubt_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableImage, match=reason):
        decode(data)


@pytest.mark.parametrize(
    "data",
    [
        tiff(LESION),
        tiff(LESION // 255, packed=LZW),
        tiff(LESION.astype(np.uint16) * 257, ">", DEFLATE),
        tiff(255 - LESION, white=True),
        bmp(LESION, GREYS),
        bmp(LESION // 255, [(0, 0, 0), (255, 0, 0)]),
        bmp(LESION // 255, [(0, 0, 0), (255, 255, 255)], bits=1),
        bmp(np.dstack([LESION] * 3), bits=24),
    ],
)
def test_a_mask_is_its_lesion(data: bytes) -> None:
    assert np.array_equal(decode_mask(data), LESION > 0)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (tiff(GREY), "values, and a mask has two"),
        (tiff(LESION + 0 * GREY + (LESION == 0).astype(np.uint8)), "neither of its two values is 0"),
        (bmp(GREY, GREYS), "values, and a mask has two"),
        (bmp(LESION // 255, [(255, 255, 255), (0, 0, 0)]), "calls one colour the background"),
    ],
)
def test_a_mask_that_leaves_a_doubt_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        decode_mask(data)


def test_a_folder_of_them_comes_in(tmp_path: Path) -> None:
    (tmp_path / "masks").mkdir()
    files = {
        "a.tif": tiff(GREY), "masks/a__nodule.tiff": tiff(LESION),
        "B.TIFF": tiff(DEEP), "B__nodule.BMP": bmp(LESION, GREYS),
        "c.bmp": bmp(GREY, GREYS), "patients.csv": b"file,patient_id\na.png,P\nb,Q\nc.bmp,R\n", "d.tif": tiff(GREY)[:9],
    }  # fmt: skip
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    entries, _ = read("folder", tmp_path, ["nodule"])
    assert {name: entry.patient for name, entry in entries.items() if name != "d.tif"} == {
        "B.TIFF": "Q", "a.tif": "P", "c.bmp": "R",
    }  # fmt: skip
    assert [masks_of(entries[name])["nodule"] for name in ("a.tif", "B.TIFF", "c.bmp")] == [55, 55, 0]


def test_masks_in_a_folder_called_like_a_finding_are_told_from_films(tmp_path: Path) -> None:
    for name, data in {"x.tif": tiff(GREY), "nodule/x.tif": tiff(LESION)}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    entries, refusals = read("folder", tmp_path, ["nodule"])
    assert ({name: masks_of(one) for name, one in entries.items()}, refusals) == ({"x.tif": {"nodule": 55}}, [])
    (tmp_path / "nodule" / "x.tif").rename(tmp_path / "nodule" / "y.tif")  # of two values, and called as no film is
    entries, refusals = read("folder", tmp_path, ["nodule"])
    assert list(entries) == ["x.tif"]
    assert "may be a mask of nodule or a film" in reasons(refusals)["nodule/y.tif"]
    (tmp_path / "nodule" / "y.tif").write_bytes(tiff(DEEP))
    (tmp_path / "z.png").write_bytes(png(GREY))
    assert set(read("folder", tmp_path, ["nodule"])[0]) == {"nodule/y.tif", "x.tif", "z.png"}
