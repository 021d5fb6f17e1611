"""A DICOM comes in as what it is: bits, colours, unit, padding, spacing and how it lies – or not at all, by name."""

from io import BytesIO
from typing import Any

import cv2
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEGBaseline8Bit, RLELossless

from overread.datasets.decoding.decode import decode
from overread.domain.errors import UnreadableImage
from tests.datasets.films import dicom, edited, png, transcoded

RNG = np.random.default_rng(5)
TWELVE = RNG.integers(0, 4096, (72, 64)).astype(np.uint16)
OVERLAY = TWELVE | (RNG.integers(0, 16, TWELVE.shape).astype(np.uint16) << 12)  # what the four upper bits are used for
JPEG = ("JPEGLosslessProcess14", "JPEGLosslessProcess14_1", "JPEGLSLossless", "JPEG2000Lossless")
CODECS = ("native", "ImplicitVRLittleEndian", "ExplicitVRBigEndian", "deflated", "RLELossless", *JPEG)
BITS = {"BitsStored": 12, "HighBit": 11}


def coded(pixels: np.ndarray, codec: str, **tags: Any) -> bytes:
    """All 16 bits of the pixels through a codec; then what the header says of them."""
    film = dicom(pixels)
    if codec == "deflated":
        return edited(film, DeflatedExplicitVRLittleEndian, **tags)
    return edited(film if codec == "native" else transcoded(film, codec), **tags)


@pytest.mark.parametrize("codec", CODECS)
def test_bits_above_those_stored_are_no_pixels_in_any_codec(codec: str) -> None:
    assert np.array_equal(decode(coded(OVERLAY, codec, **BITS)).pixels, TWELVE)


@pytest.mark.parametrize("codec", CODECS)
def test_signed_pixels_have_their_sign_at_the_bits_stored(codec: str) -> None:
    signed = TWELVE.astype(int) - 4096 * (TWELVE >= 2048)
    film = decode(coded(OVERLAY, codec, **BITS, PixelRepresentation=1))
    assert np.array_equal(film.pixels, signed - signed.min())


@pytest.mark.parametrize("codec", ["native", "RLELossless", "deflated"])
def test_pixels_that_end_at_a_higher_bit_are_shifted(codec: str) -> None:
    film = decode(coded(TWELVE << 4 | 7, codec, BitsStored=12, HighBit=15))
    assert np.array_equal(film.pixels, TWELVE)


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"BitsStored": 12, "HighBit": 10}, "12 of 16 bits up to bit 10"),
        ({"BitsStored": 12, "HighBit": 16}, "up to bit 16"),
        ({"BitsAllocated": 32}, "of 32 bits"),
        ({"BitsStored": 0, "HighBit": 0}, "stores 0"),
        ({"PhotometricInterpretation": "YBR_PARTIAL_420"}, "YBR_PARTIAL_420 is not read"),
        ({"SamplesPerPixel": 3}, "MONOCHROME2 is not read"),
        ({"RescaleSlope": 0}, "RescaleSlope is 0"),
        ({"PixelPaddingValue": 0, "PixelPaddingRangeLimit": 4095}, "padding"),
        ({"Modality": "CT"}, "Modality is CT"),
        ({"Modality": "US"}, "Modality is US"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2"}, "CT Image Storage"),
        ({"NumberOfFrames": 2, "PixelData": TWELVE.tobytes() * 2}, "several frames"),
        ({"PixelData": TWELVE.tobytes() * 2}, "promises 9,216"),
        ({"PixelData": TWELVE.tobytes()[:-2]}, "9,214 bytes of pixels"),
        ({"PatientOrientation": ["R", "F"]}, "mirrored or turned"),
        ({"PatientOrientation": ["L", "H"]}, "mirrored or turned"),
        ({"PatientOrientation": ["F", "R"]}, "mirrored or turned"),
        ({"Rows": None}, "no usable Rows"),
        ({"PixelRepresentation": None}, "no usable PixelRepresentation"),
    ],
)
def test_what_is_not_read_is_refused_by_name(tags: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnreadableImage, match=reason):
        decode(dicom(TWELVE, **tags))


def test_compressed_pixels_that_end_at_a_higher_bit_are_refused() -> None:
    with pytest.raises(UnreadableImage, match="HighBit 15"):
        decode(coded(TWELVE << 4, "JPEGLosslessProcess14_1", BitsStored=12, HighBit=15))


@pytest.mark.parametrize("modality", ["CR", "DX", "DR", "RG", "OT", ""])
@pytest.mark.parametrize("orientation", [["L", "F"], ["A", "F"], ["P", "FL"], [], ["", ""]])
def test_films_of_every_projection_and_upright_come_in(modality: str, orientation: list[str]) -> None:
    film = dicom(TWELVE, Modality=modality, PatientOrientation=orientation, SOPClassUID="1.2.840.10008.5.1.4.1.1.7")
    assert np.array_equal(decode(film).pixels, TWELVE)


@pytest.mark.parametrize("slope", [1 / 4096, 0.5, 0.7, 1.5, 2, 100])
def test_no_slope_makes_two_greys_one(slope: float) -> None:
    pixels = decode(dicom(TWELVE, RescaleSlope=f"{slope:.10f}"[:16], RescaleIntercept="-3.25")).pixels.astype(float)
    assert np.corrcoef(pixels.ravel(), TWELVE.ravel())[0, 1] == pytest.approx(1)
    assert len(np.unique(pixels)) == len(np.unique(TWELVE))


def test_a_whole_rescale_is_exact_and_a_negative_slope_turns_greys_over() -> None:
    assert np.array_equal(decode(dicom(TWELVE, RescaleSlope="2", RescaleIntercept="7")).pixels, TWELVE * 2 + 7)
    assert np.array_equal(decode(dicom(TWELVE, RescaleSlope="-1", RescaleIntercept="4095")).pixels, 4095 - TWELVE)
    assert np.array_equal(
        decode(dicom(TWELVE, RescaleSlope="-0.5", RescaleIntercept="0")).pixels, TWELVE.max() - TWELVE
    )


def test_the_modalitys_table_is_applied_and_a_displays_window_is_not() -> None:
    table, window = Dataset(), Dataset()
    table.LUTDescriptor, table.LUTData = [4096, 0, 16], (60000 - 3 * np.arange(4096, dtype=np.uint16)).tobytes()
    window.LUTDescriptor, window.LUTData = [4096, 0, 16], bytes(8192)
    film = dicom(TWELVE, ModalityLUTSequence=[table], VOILUTSequence=[window], WindowCenter="100", WindowWidth="10")
    assert np.array_equal(decode(film).pixels, 60000 - 3 * TWELVE)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize(("padding", "limit"), [(0, None), (4095, None), (0, 40), (4095, 4000)])
def test_padding_is_black_and_has_no_part_in_the_range(photometric: str, padding: int, limit: int | None) -> None:
    film = TWELVE.clip(100, 3900)
    outside = np.zeros(film.shape, bool)
    outside[:4] = True
    shown = np.where(outside, padding, film).astype(np.uint16)
    if limit is not None:
        shown[0] = limit
    tags = {"PixelPaddingValue": padding} | ({} if limit is None else {"PixelPaddingRangeLimit": limit})
    wanted = 4000 - film if photometric == "MONOCHROME1" else film
    got = decode(dicom(shown, photometric, **tags)).pixels
    assert film[4:].min() == 100
    assert film[4:].max() == 3900
    assert np.array_equal(got[4:], wanted[4:])
    assert (got[:4] == 100).all()


def test_signed_padding_is_padding() -> None:
    film = (TWELVE.astype(np.int16) - 1000).clip(-900, 3000)
    film[:4] = -2000
    got = decode(dicom(film, PixelRepresentation=1, PixelPaddingValue=-2000)).pixels
    assert np.array_equal(got[4:], film[4:] + 900)
    assert not got[:4].any()


def palette(greys: np.ndarray, tint: int = 0) -> dict[str, Any]:
    """A palette that turns an index into a grey, in red ``tint`` brighter."""
    tags: dict[str, Any] = {}
    for colour, more in (("Red", tint), ("Green", 0), ("Blue", 0)):
        tags[f"{colour}PaletteColorLookupTableDescriptor"] = [256, 0, 8]
        tags[f"{colour}PaletteColorLookupTableData"] = (greys + np.uint8(more)).tobytes()
    return tags


def test_a_palette_is_applied() -> None:
    greys = RNG.permutation(np.arange(256) // 2).astype(np.uint8)
    index = RNG.integers(0, 256, (72, 64)).astype(np.uint8)
    film = decode(dicom(index, "PALETTE COLOR", **palette(greys)))
    assert np.array_equal(film.pixels, greys[index])
    assert not film.remarks
    assert "in colour" in decode(dicom(index, "PALETTE COLOR", **palette(greys, 99))).remarks[0]


def test_colours_come_in_as_luminance_and_are_told() -> None:
    grey = RNG.integers(0, 255, (72, 64)).astype(np.uint8)
    same = np.dstack([grey] * 3)
    planes = edited(dicom(same, "RGB"), PlanarConfiguration=1, PixelData=same.transpose(2, 0, 1).tobytes())
    ybr = np.dstack([grey, np.full_like(grey, 128), np.full_like(grey, 128)])
    for data in (dicom(same, "RGB"), planes, dicom(ybr, "YBR_FULL")):
        film = decode(data)
        assert np.array_equal(film.pixels, grey)
        assert not film.remarks
    colours = RNG.integers(0, 255, (24, 20, 3)).astype(np.uint8)
    wanted = cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY)
    planes = edited(dicom(colours, "RGB"), PlanarConfiguration=1, PixelData=colours.transpose(2, 0, 1).tobytes())
    for data in (dicom(colours, "RGB"), planes, png(colours[..., ::-1])):
        film = decode(data)
        assert np.array_equal(film.pixels, wanted)
        assert film.remarks == ("it is in colour, and its luminance is read",)


def test_a_jpeg_in_colour_inside_a_dicom_is_its_luminance() -> None:
    colours = cv2.GaussianBlur(RNG.integers(0, 255, (64, 64, 3)).astype(np.uint8), (9, 9), 4)
    jpeg = cv2.imencode(".jpg", colours[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 100])[1].tobytes()
    film = edited(dicom(colours, "YBR_FULL_422"), JPEGBaseline8Bit, PixelData=encapsulate([jpeg]))
    wanted = cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY).astype(int)
    assert abs(decode(film).pixels - wanted).max() <= 6


@pytest.mark.parametrize(
    ("tags", "spacing", "said"),
    [
        ({"PixelSpacing": [0.1, 0.3]}, (0.1, 0.3), ""),
        ({"PixelSpacing": None, "ImagerPixelSpacing": [0.2, 0.2]}, (0.2, 0.2), ""),
        ({"PixelSpacing": [0, 0], "ImagerPixelSpacing": [0.2, 0.2]}, (0.2, 0.2), "its PixelSpacing is unusable"),
        ({"PixelSpacing": None}, None, "what a pixel measures is unknown"),
        ({"PixelSpacing": [0, 0.1]}, None, "its PixelSpacing is unusable"),
        ({"PixelSpacing": [168, 168]}, None, "its PixelSpacing is unusable"),
        ({"PixelSpacing": "0.168"}, None, "its PixelSpacing is unusable"),
    ],
)
def test_both_spacings_are_kept_and_none_is_told(
    tags: dict[str, Any], spacing: tuple[float, float] | None, said: str
) -> None:
    film = decode(dicom(TWELVE, **tags))
    assert np.array_equal(film.pixels, TWELVE)
    assert film.spacing_mm == spacing
    assert " ".join(film.remarks).startswith(said)
    assert bool(film.remarks) == bool(said)


@pytest.mark.parametrize(
    "written", [b"0,168\\0,1", b"NaN\\NaN ", b"-1\\-1   ", b"inf\\inf ", b"1e9\\1e9 ", b"\xff\xfe\\\xfd  "]
)
def test_a_spacing_that_is_no_number_is_told_in_our_words(written: bytes) -> None:
    data = dicom(TWELVE, PixelSpacing=[0.168, 0.168])
    place = data.index(b"0.168\\0.168")
    room = len(b"0.168\\0.168 ")
    film = decode(data[:place] + written.ljust(room)[:room] + data[place + room :])
    assert film.spacing_mm is None
    assert film.remarks[0] == "its PixelSpacing is unusable"


def exif_jpeg(orientation: int) -> bytes:
    tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + bytes([0, orientation]) + b"\0\0\0\0\0\0"
    jpeg = cv2.imencode(".jpg", TWELVE.astype(np.uint8))[1].tobytes()
    segment = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment + jpeg[2:]


def test_a_jpeg_that_is_shown_turned_is_refused() -> None:
    assert decode(exif_jpeg(1)).pixels.shape == TWELVE.shape
    for orientation in range(2, 9):
        with pytest.raises(UnreadableImage, match=rf"turned or mirrored \(orientation {orientation}\)"):
            decode(exif_jpeg(orientation))


def test_a_refusal_has_no_words_of_pythons() -> None:
    broken = transcoded(dicom(TWELVE), "JPEG2000Lossless")
    place = pydicom.dcmread(BytesIO(broken)).PixelData[24:]
    with pytest.raises(UnreadableImage, match="damaged, or in a form that is not read") as refused:
        decode(broken.replace(place[60:], bytes(len(place) - 60)))
    assert "Error" not in refused.value.detail


def test_rle_of_two_bytes_a_pixel_is_what_pydicom_writes() -> None:
    dataset = pydicom.dcmread(BytesIO(dicom(TWELVE)))
    dataset.compress(RLELossless)
    assert np.array_equal(decode(edited(dataset)).pixels, TWELVE)
