"""CVAT's XML comes in: polygons, masks, boxes, tags; and no file that defines anything of its own."""

from pathlib import Path

import numpy as np
import pytest

from overread.datasets.reading import Box, Statement
from overread.domain.errors import InvalidInput, InvalidMask
from tests.datasets.masks_told import cvat_rle
from tests.datasets.sources import masks_of, read, reasons, write

META = (
    "<meta><task><labels><label><name>nodule</name></label><label><name>Effusion</name></label></labels></task></meta>"
)
SQUARE = '<polygon label="nodule" source="manual" occluded="0" points="2.0,2.0;6,2;6,6;2,6" z_order="0"/>'


def told(folder: Path, shapes: str, image: str = 'name="a.png" width="12" height="10"', before: str = "") -> None:
    """A film of 12×10 px that these shapes are of."""
    write(folder / "images" / "a.png", np.full((10, 12), 7, np.uint8))
    xml = f'<?xml version="1.0" encoding="utf-8"?>{before}<annotations><version>1.1</version>{META}'
    (folder / "annotations.xml").write_text(f'{xml}<image id="0" {image}>{shapes}</image></annotations>')


def test_polygons_and_masks_add_up_and_the_rest_is_unknown(tmp_path: Path) -> None:
    mask = np.zeros((3, 4), bool)
    mask[1, 1:] = True
    rle = f'<mask label="nodule" source="manual" rle="{cvat_rle(mask)}" left="8" top="7" width="4" height="3"/>'
    told(tmp_path, SQUARE + rle)
    entries, refusals = read("cvat", tmp_path)
    (entry,) = entries.values()
    assert not refusals
    drawn = np.zeros((10, 12), bool)
    drawn[2:6, 2:6] = drawn[8, 9:] = True
    assert (entry.masks(entry.load())["nodule"] == drawn).all()
    assert (masks_of(entry), entry.classes) == ({"nodule": 19}, ("nodule",))


def test_a_tag_is_a_word_and_a_box_a_box(tmp_path: Path) -> None:
    box = '<box label="Effusion" xtl="1" ytl="2" xbr="4.5" ybr="6"><attribute name="side">left</attribute></box>'
    told(tmp_path, f'<tag label="nodule" source="manual"></tag>{box}')
    (entry,) = read("cvat", tmp_path, empty_means="no_lesion")[0].values()
    assert masks_of(entry) == {}
    assert entry.statements == (Statement("nodule", "present"),)
    assert entry.boxes(entry.load()) == [Box("pleural_effusion", 1, 2, 4.5, 6)]


def test_a_user_may_say_that_all_classes_were_looked_for(tmp_path: Path) -> None:
    told(tmp_path, "")
    (entry,) = read("cvat", tmp_path)[0].values()
    assert masks_of(entry) == {}
    (entry,) = read("cvat", tmp_path, empty_means="no_lesion")[0].values()
    assert masks_of(entry) == {"nodule": 0, "pleural_effusion": 0}


@pytest.mark.parametrize(
    ("ellipse", "rows", "columns"),
    [
        ('cx="5.6" cy="4.6" rx="3.2" ry="1.8"', (3, 7), (3, 9)),  # as CVAT does: around (6, 5), radii 3 and 2
        ('cx="6" cy="5" rx="3" ry="1" rotation="90.0"', (2, 8), (5, 7)),
        ('cx="5.50" cy="4.50" rx="3.00" ry="1.50" rotation="0.0"', (2, 6), (3, 9)),  # halves to even
    ],
)
def test_an_ellipse_is_filled_as_cvat_fills_it(
    tmp_path: Path, ellipse: str, rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    told(tmp_path, f'<ellipse label="nodule" source="manual" occluded="0" {ellipse} z_order="0"></ellipse>')
    (entry,) = read("cvat", tmp_path)[0].values()
    ys, xs = np.nonzero(entry.masks(entry.load())["nodule"])
    assert ((ys.min(), ys.max()), (xs.min(), xs.max())) == (rows, columns)


def test_an_ellipse_that_is_turned_a_little_goes_down_to_the_right(tmp_path: Path) -> None:
    told(tmp_path, '<ellipse label="nodule" cx="6" cy="5" rx="4" ry="1" rotation="45"/>')
    (entry,) = read("cvat", tmp_path)[0].values()
    ys, xs = np.nonzero(entry.masks(entry.load())["nodule"])
    assert np.corrcoef(xs, ys)[0, 1] > 0.8


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ('<polyline label="nodule" points="1,1;2,2"/>', "nodule is drawn as polyline"),
        ('<ellipse label="nodule" cx="6" cy="5" rx="0" ry="2"/>', "two radii"),
        ('<ellipse label="nodule" cx="6" cy="5" rx="-3" ry="2"/>', "two radii"),
        ('<ellipse label="nodule" cx="6" cy="5" rx="2"/>', "are no numbers"),
        ('<ellipse label="nodule" cx="6" cy="5" rx="2" ry="1e309"/>', "no number"),
        ('<ellipse label="nodule" cx="6" cy="5" rx="2147483000" ry="1"/>', "outside"),
        ('<ellipse label="nodule" cx="6" cy="5" rx="8" ry="1"/>', "outside"),
        ('<ellipse label="nodule" cx="6" cy="5" rx="2" ry="2" rotation="x"/>', "are no numbers"),
        ('<box label="nodule" xtl="1" ytl="2" xbr="nan" ybr="6"/>', "no number"),
        ('<box label="nodule" xtl="1" ytl="2" xbr="4"/>', "are no numbers"),
        ('<box label="nodule" xtl="1" ytl="2" xbr="4" ybr="6" rotation="30.0"/>', "it is turned"),
        ('<polygon label="nodule" points="1,1;2;3,3"/>', "no pairs"),
        ('<polygon label="nodule" points="1,1;2,2"/>', "three points"),
        ('<polygon label="nodule"/>', "no pairs"),
        ('<polygon label="nodule" points="1,1;NaN,2;3,3"/>', "no number"),
        ('<polygon label="nodule" points="1,1;99,2;3,3"/>', "outside"),
        ('<polygon points="1,1;5,1;3,3"/>', "has no label"),
        ('<mask label="nodule" rle="0, 4" left="11" top="0" width="2" height="2"/>', "outside"),
        ('<mask label="nodule" rle="0, 4" left="-1" top="0" width="2" height="2"/>', "outside"),
        ('<mask label="nodule" rle="0, 5" left="0" top="0" width="2" height="2"/>', "do not add up"),
        ('<mask label="nodule" rle="9223372036854775808" left="0" top="0" width="2" height="2"/>', "do not add up"),
        (f'<mask label="nodule" rle="{"9" * 5000}" left="0" top="0" width="2" height="2"/>', "no whole numbers"),
        ('<mask label="nodule" rle="4" left="0" top="0" width="2" height="2"/>', "mark no pixel"),
        ('<mask label="nodule" left="0" top="0" width="2" height="2"/>', "no whole numbers"),
    ],
)
def test_a_shape_that_says_nothing_certain_refuses_its_film(tmp_path: Path, shape: str, reason: str) -> None:
    told(tmp_path, shape)
    assert reason in refused(tmp_path)


def refused(folder: Path) -> str:
    """Why the only film is refused, by the reader or where its masks are asked for."""
    entries, refusals = read("cvat", folder)
    for entry in entries.values():
        with pytest.raises(InvalidMask) as error:
            masks_of(entry)
        return error.value.detail
    (reason,) = reasons(refusals).values()
    return reason


def test_a_shape_of_another_class_does_no_harm(tmp_path: Path) -> None:
    told(tmp_path, SQUARE + '<polyline label="catheter" points="1,1;2,2"/>')
    (entry,) = read("cvat", tmp_path)[0].values()
    assert masks_of(entry) == {"nodule": 16}


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ('name="a.png" width="12" height="11"', "12×11 px, the film is 12×10"),
        ('name="a.png" width="12"', "width and height"),
        ('name="a.png" width="x" height="10"', "width and height"),
    ],
)
def test_an_image_of_another_size_is_refused(tmp_path: Path, image: str, reason: str) -> None:
    told(tmp_path, SQUARE, image)
    assert reason in refused(tmp_path)


def test_an_image_without_a_name_ends_the_import(tmp_path: Path) -> None:
    told(tmp_path, SQUARE, 'width="12" height="10"')
    with pytest.raises(InvalidInput, match="without a name"):
        read("cvat", tmp_path, empty_means="no_lesion")


BOMB = '<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">]>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("before", [BOMB, OUTSIDE, "<!DOCTYPE annotations>"])
def test_a_file_that_defines_anything_is_not_read(tmp_path: Path, before: str) -> None:
    told(tmp_path, '<tag label="&y;"/>', before=before)
    with pytest.raises(InvalidInput, match="DOCTYPE"):
        read("cvat", tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no XML"),
        ("<annotations>", "no XML"),
        ("<a><b/></a>", "begins with 'a'"),
        ("<annotations><track><box/></track></annotations>", "CVAT for video. Export it as CVAT for images 1.1"),
        ("<annotations>" + "<x>" * 50_000, "no XML"),
    ],
)
def test_what_is_no_file_of_cvats_ends_the_import(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "annotations.xml").write_text(text)
    with pytest.raises(InvalidInput, match=reason):
        read("cvat", tmp_path)


def test_without_a_file_or_with_two_the_user_says_which(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"has no \.xml file"):
        read("cvat", tmp_path)
    told(tmp_path, SQUARE)
    (tmp_path / "more.xml").write_text("<annotations/>")
    with pytest.raises(InvalidInput, match=r"annotations\.xml and more\.xml"):
        read("cvat", tmp_path)
    entries, refusals = read("cvat", tmp_path, annotations="annotations.xml")
    assert masks_of(entries["images/a.png"]) == {"nodule": 16}
    assert reasons(refusals) == {"more.xml": ".xml is not read; PNG, JPEG, TIFF, BMP and DICOM are"}
    with pytest.raises(InvalidInput, match=r"gone\.xml"):
        read("cvat", tmp_path, annotations="gone.xml")
