"""A figure for a paper: every pane, its measures and its legend, the masks exact in both formats."""

import io
import re
from dataclasses import replace
from xml.etree import ElementTree as Xml

import numpy as np
import pytest
from PIL import Image as Picture

from overread.db.tables import Image, PseudoLabel
from overread.domain.errors import InvalidInput
from overread.domain.imaging.masks import Rle
from overread.domain.imaging.surfaces import scale_of
from overread.services.explore import figures
from overread.services.explore.compare import Comparison, Pane, PaneAgreement
from overread.services.explore.figures import COLORS, FigureOptions
from tests.contours import fill

FINDINGS = ["consolidation", "nodule"]
SVG = "{http://www.w3.org/2000/svg}"
SIDE = 40


def comparison() -> tuple[Comparison, np.ndarray, dict[str, np.ndarray]]:
    rng = np.random.default_rng(0)
    film = rng.integers(0, 4096, (SIDE, SIDE)).astype(np.uint16)
    drawn = {name: rng.random((SIDE, SIDE)) < 0.3 for name in ("pseudo", "public")}
    panes = {name: Pane(Rle.of(mask), int(mask.sum()), mask.sum() * 0.25) for name, mask in drawn.items()}
    image = Image(file_name="a<b&c", width=SIDE, height=SIDE, row_spacing_mm=0.5, column_spacing_mm=0.5)
    label = PseudoLabel(finding="nodule")
    scale = scale_of(SIDE, SIDE, (0.5, 0.5))
    agreements = [PaneAgreement("pseudo", "public", 0.5, 0.75)]
    return Comparison(label, image, "a pool", None, 1, None, panes, agreements, scale), film, drawn


def test_svg_paths_are_the_masks_bit_for_bit_and_the_film_is_inside() -> None:
    found, film, drawn = comparison()
    options = FigureOptions(panes=("pseudo", "public", "difference"))
    root = Xml.fromstring(figures.figure_svg(found, film, FINDINGS, options))
    paths = [path.attrib for path in root.iter(f"{SVG}path")]
    a, b = drawn["pseudo"], drawn["public"]
    for path, wanted in zip(paths, (a, b, b & ~a, a & ~b, a & b), strict=True):
        assert path["fill-rule"] == "evenodd"
        assert np.array_equal(fill(path["d"], SIDE, SIDE), wanted)
    assert paths[0]["fill"] == f"rgb({','.join(map(str, COLORS[1]))})"  # the second finding's colour
    assert [path["fill-opacity"] for path in paths] == ["0.32"] * 4 + ["0"]  # what is in both is an outline
    (image,) = root.iter(f"{SVG}image")
    assert image.attrib["href"].startswith("data:image/png;base64,")
    words = [text.text or "" for text in root.iter(f"{SVG}text")]
    assert any(re.search(r"mm\^2, Dice 0\.50, NSD 0\.75", text) for text in words)
    assert "a<b&c, nodule (a pool)." in words


def test_png_masks_are_whole_squares_of_pixels() -> None:
    found, film, drawn = comparison()
    plain, told = (
        np.asarray(Picture.open(io.BytesIO(figures.figure_png(bare, film, FINDINGS, FigureOptions(panes=("pseudo",))))))
        for bare in (emptied(found), found)
    )
    zoom = -(-figures.PANE // SIDE)
    x, y = figures.GAP, figures.TOP
    changed = (plain != told).any(axis=2)[y : y + SIDE * zoom, x : x + SIDE * zoom]
    assert np.array_equal(changed, np.kron(drawn["pseudo"], np.ones((zoom, zoom), bool)))


def emptied(found: Comparison) -> Comparison:
    """The same film with nothing drawn."""
    nothing = Pane(Rle.empty((SIDE, SIDE)), 0, 0.0)
    return replace(found, panes={"pseudo": nothing}, agreements=[])


def test_a_part_of_the_film_in_a_window_and_a_colour_of_ones_own() -> None:
    found, film, drawn = comparison()
    options = FigureOptions(
        ("public",), color=0, window=(0, 4096), invert=True, box=(10, 5, 30, 35), caption="Fig. 1 – 흉부"
    )
    root = Xml.fromstring(figures.figure_svg(found, film, FINDINGS, options))
    (path,) = root.iter(f"{SVG}path")
    assert np.array_equal(fill(path.attrib["d"], 30, 20), drawn["public"][5:35, 10:30])
    assert path.attrib["fill"] == "rgb(230,159,0)"
    assert "Fig. 1 – 흉부" in [text.text for text in root.iter(f"{SVG}text")]
    with pytest.raises(InvalidInput, match="take the SVG"):
        figures.figure_png(found, film, FINDINGS, options)


@pytest.mark.parametrize(
    "options", [FigureOptions(("read",)), FigureOptions(base="difference"), FigureOptions(box=(0, 0, 4, 40))]
)
def test_what_a_case_has_not_is_refused(options: FigureOptions) -> None:
    found, film, _ = comparison()
    with pytest.raises(InvalidInput):
        figures.figure_svg(found, film, FINDINGS, options)
