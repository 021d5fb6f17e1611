"""Good inputs of each format, small and always the same: what mutants are made of."""

import json
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from overread.domain.imaging.masks import encode
from tests.datasets.bitmaps import DEFLATE, LZW, NONE, bmp, tiff
from tests.datasets.films import dicom, edited, png, transcoded

GREY = np.random.default_rng(1).integers(0, 255, (20, 24)).astype(np.uint8)
SMOOTH = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint8)
DEEP = GREY.astype(np.uint16) * 199
RGB = np.dstack([GREY, GREY[::-1], GREY[:, ::-1]])
LESION = np.zeros((20, 24), np.uint8)
LESION[5:9, 3:14] = 255


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The bytes of a file that Pillow writes."""
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def interlaced() -> bytes:
    """A PNG of 8 × 8 grey pixels in Adam7, which Pillow does not write."""
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
    rows = b"".join(
        b"\0" + row.tobytes() for top, left, down, right in passes for row in GREY[:8, :8][top::down, left::right]
    )
    head = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 1)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(kind, body) for kind, body in ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    )


def chunk(kind: bytes, body: bytes) -> bytes:
    """One of a PNG's chunks, with its length and its right checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _pngs() -> list[bytes]:
    grey, colour = Image.fromarray(GREY), Image.fromarray(RGB)
    return [
        png(GREY), png(DEEP), png(RGB), png(np.dstack([RGB, GREY])), interlaced(), saved(grey.convert("1")),
        saved(grey.convert("LA")), saved(colour.quantize(16)), saved(colour.quantize(200), transparency=3),
        saved(grey, pnginfo=None, icc_profile=b"profile" * 9, exif=Image.Exif()),
    ]  # fmt: skip


def _masks() -> list[bytes]:
    mask, clear = Image.fromarray(LESION), np.zeros_like(LESION)
    rgba = np.dstack([clear, clear, clear, LESION])
    palette = Image.fromarray(LESION // 255, "P")
    palette.putpalette([0, 0, 0, 128, 0, 0])
    return [
        png(LESION), png(LESION.astype(np.uint16) * 257), saved(mask.convert("1")), saved(mask.convert("RGB")),
        png(rgba), saved(palette), saved(mask.convert("LA")), saved(mask, transparency=0),
    ]  # fmt: skip


def _jpegs() -> list[bytes]:
    exif = Image.Exif()
    exif[0x0112] = 1
    return [
        saved(Image.fromarray(SMOOTH), "JPEG"),
        saved(Image.fromarray(RGB), "JPEG", subsampling=2, exif=exif),
        saved(Image.fromarray(RGB), "JPEG", subsampling=0, progressive=True),
        saved(Image.fromarray(SMOOTH), "JPEG", restart_marker_blocks=2),
        saved(Image.fromarray(RGB).convert("CMYK"), "JPEG"),
        _frame(transcoded(dicom(DEEP), "JPEGLosslessProcess14_1")),
        _frame(transcoded(dicom(GREY), "JPEGLosslessProcess14_1")),
    ]


def _frame(film: bytes) -> bytes:
    """The compressed pixels of a DICOM, from their JPEG's first marker on."""
    return film[film.index(b"\xff\xd8\xff") :]


def _dicoms() -> list[bytes]:
    table = Dataset()
    table.LUTDescriptor, table.LUTData = [256, 0, 16], np.arange(256, dtype="<u2").tobytes()
    colours = np.arange(256, dtype="<u2").tobytes()
    palette: dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for colour in ("Red", "Green", "Blue"):
        palette |= {f"{colour}PaletteColorLookupTableDescriptor": [256, 0, 16]}
        palette |= {f"{colour}PaletteColorLookupTableData": colours}
    small = dicom(SMOOTH.astype(np.uint16))
    return [
        dicom(GREY), dicom(DEEP, "MONOCHROME1", BitsStored=12, HighBit=11, PixelPaddingValue=0),
        dicom(DEEP, RescaleSlope="2", RescaleIntercept="-10", PixelRepresentation=1),
        dicom(RGB, "RGB"), dicom(RGB, "YBR_FULL"), dicom(RGB, "RGB", PlanarConfiguration=1),
        dicom(GREY, ModalityLUTSequence=[table]), dicom(GREY, **palette),
        edited(dicom(DEEP), DeflatedExplicitVRLittleEndian), edited(dicom(DEEP), ImplicitVRLittleEndian),
        edited(dicom(DEEP), ExplicitVRBigEndian),
        *(compressed(small, syntax) for syntax in ("RLELossless", "JPEGLSLossless", "JPEG2000Lossless", "JPEG2000")),
        *(compressed(small, syntax) for syntax in ("JPEGLosslessProcess14_1", "JPEGLosslessProcess14")),
        compressed(dicom(SMOOTH), "JPEGBaselineProcess1"),
    ]  # fmt: skip


def compressed(film: bytes, syntax: str) -> bytes:
    """``transcoded``, without the times and numbers that gdcm writes into a header."""
    written = dcmread(BytesIO(transcoded(film, syntax)))
    return edited(film, written.file_meta.TransferSyntaxUID, PixelData=written.PixelData)


def _tiffs() -> list[bytes]:
    every = [(pixels, order, packed) for pixels in (GREY, DEEP) for order in "<>" for packed in (NONE, LZW, DEFLATE)]
    return [tiff(*one, rows=7, white=number % 3 == 0) for number, one in enumerate(every)]


def _bmps() -> list[bytes]:
    greys, two = [(n, n, n) for n in range(256)], [(0, 0, 0), (255, 255, 255)]
    return [
        bmp(GREY, greys), bmp(GREY, greys, top_down=True), bmp(RGB, bits=24), bmp(LESION // 255, two, bits=1),
        bmp(LESION // 255, two),
    ]  # fmt: skip


def _patients() -> list[bytes]:
    return [
        b"file,patient_id,sex,age,view\na.png,P-1,F,062Y,PA\nb/c.png,P-2,M,6.5,AP\nd.dcm,12.0,,,\n",
        '\ufefffile;patient_id;note\n"a.png";"7";"a;b"\nb\\c.png;nan;é\n\n'.encode(),
        b"age\tfile\tpatient_id\n010D\ta.png\tx\n",
    ]


def _siims() -> list[bytes]:
    return [
        b"ImageId, EncodedPixels\n1.2.3, -1\n1.2.4, 100 20 1004 22 1000 30\n1.2.4, 5 5\n",
        b"ImageId,EncodedPixels\n1.2.3,-1\n1.2.5,0 1048576\n",
    ]


def _annotations() -> list[bytes]:
    box = [[100, 100], [400, 100], [400.5, 300], [100, 300]]
    records: list[dict[str, object]] = [
        {"file_name": "a.png", "syms": ["Nodule", "Effusion"], "polygons": [box, box], "boxes": [[1, 2, 3, 4]]},
        {"nih_file_name": "b.png", "patient_id": 7, "syms": ["Diffuse Nodule"], "polygons": [box]},
        {"file_name": "c.png", "syms": [], "polygons": []},
    ]
    return [json.dumps(records).encode(), json.dumps(records[:1], indent=1).encode()]


def _runs() -> list[bytes]:
    noise = np.random.default_rng(2).random((20, 24)) < 0.3
    return [encode(LESION > 0), encode(noise), encode(np.zeros((20, 24), bool)), encode(np.ones((20, 24), bool))]


def _checkpoints() -> list[bytes]:
    header = json.dumps({"w": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}, "__metadata__": {"a": "b"}})
    return [struct.pack("<Q", len(header)) + header.encode() + bytes(16), struct.pack("<Q", 2) + b"{}"]


CORPUS: dict[str, Callable[[], list[bytes]]] = {
    "png": _pngs,
    "jpeg": _jpegs,
    "dicom": _dicoms,
    "tiff": _tiffs,
    "bmp": _bmps,
    "mask": _masks,
    "patients": _patients,
    "siim": _siims,
    "chestxdet": _annotations,
    "rle": _runs,
    "checkpoint": _checkpoints,
}
