"""A figure of a comparison for a paper or a slide: panes side by side with caption, measures and legend, as SVG or PNG.

Masks are exact: in SVG a path along the pixels' edges, in PNG every pixel of the film is a whole square of pixels. The
film is inlined, windowed as the page shows it.
"""

import base64
import textwrap
from dataclasses import dataclass
from xml.sax.saxutils import escape

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw, ImageFont

from overread.domain.errors import InvalidInput
from overread.domain.imaging.contours import svg_path
from overread.services.explore.compare import Comparison

Bits = NDArray[np.bool_]
# Told apart by every eye (after Okabe and Ito), as in the browser; a finding has the colour of its place.
COLORS = ((230, 159, 0), (86, 180, 233), (0, 200, 140), (240, 228, 66), (213, 94, 0), (204, 121, 167),
          (120, 150, 255), (200, 200, 200))  # fmt: skip
ONLY_A, ONLY_B, COMMON = (255, 150, 30), (64, 160, 255), (235, 235, 235)
NAMES = {"pseudo": "Pseudo mask", "public": "Public label", "read": "Read", "previous": "Previous iteration"}
FILL, GAP, LINE, TEXT = 0.32, 12, 20, 13
PANE = 420  # the width of a pane, in units of the layout


@dataclass(frozen=True)
class FigureOptions:
    """``panes`` in their order ("difference" is one); ``base``: what they are measured against, and the difference's
    A. ``window``: greys (low, high), None for the 1st to 99th percentile; ``box``: x0, y0, x1, y1 of the film."""

    panes: tuple[str, ...] = ()
    base: str | None = None
    color: int | None = None
    window: tuple[float, float] | None = None
    invert: bool = False
    box: tuple[int, int, int, int] | None = None
    caption: str | None = None


@dataclass(frozen=True)
class _Layer:
    mask: Bits
    color: tuple[int, int, int]
    filled: bool


@dataclass(frozen=True)
class _Panel:
    title: str
    measures: str
    layers: list[_Layer]


@dataclass(frozen=True)
class _Sheet:
    """All that a figure shows, before it is ink: panels on one film (grey, height × width), legend, lines below."""

    grey: NDArray[np.uint8]
    panels: list[_Panel]
    legend: list[tuple[str, tuple[int, int, int], bool]]
    lines: list[str]

    def size(self, zoom: float, unit: int) -> tuple[int, int]:
        """Width and height with films enlarged by ``zoom`` and a unit of the layout so many pixels."""
        width = self.grey.shape[1]
        wide = GAP * unit + len(self.panels) * round(width * zoom + GAP * unit)
        return wide, self.below(zoom, unit) + (len(self.lines) + 2) * LINE * unit

    def left(self, place: int, zoom: float, unit: int) -> int:
        """Where a panel begins."""
        return GAP * unit + place * round(int(self.grey.shape[1]) * zoom + GAP * unit)

    def below(self, zoom: float, unit: int) -> int:
        """Where the legend begins."""
        return TOP * unit + round(int(self.grey.shape[0]) * zoom) + GAP * unit

    def marks(self, unit: int) -> list[tuple[int, str, tuple[int, int, int], bool]]:
        """The legend's entries, each with where it begins."""
        widths = [(44 + 7 * len(name)) * unit for name, _, _ in self.legend]
        return [(GAP * unit + sum(widths[:i]), *entry) for i, entry in enumerate(self.legend)]


TOP = GAP + 2 * LINE + 6  # two lines stand over each panel


def figure_svg(found: Comparison, film: NDArray[np.generic], findings: list[str], options: FigureOptions) -> str:
    """The figure as an SVG document; raises InvalidInput for panes that the comparison has not."""
    sheet = _lay_out(found, film, findings, options)
    height, width = sheet.grey.shape
    zoom = PANE / width
    wide, tall = sheet.size(zoom, 1)
    _, png = cv2.imencode(".png", sheet.grey)
    href = f"data:image/png;base64,{base64.b64encode(png.tobytes()).decode()}"
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{tall}" viewBox="0 0 {wide} {tall}" '
        f'font-family="Inter, Helvetica, Arial, sans-serif" font-size="{TEXT}" fill="#1a1d20">',
        f"<title>{escape(sheet.lines[0])}</title>",
        f'<rect width="{wide}" height="{tall}" fill="#ffffff"/>',
        f'<defs><image id="film" width="{width}" height="{height}" href="{href}"/></defs>',
    ]
    for place, panel in enumerate(sheet.panels):
        x = sheet.left(place, zoom, 1)
        body += [_text(x, GAP + TEXT, panel.title, "600"), _text(x, GAP + TEXT + LINE, panel.measures)]
        body.append(f'<g transform="translate({x} {TOP}) scale({zoom:.6g})"><use href="#film"/>')
        body += [*(_svg_layer(layer, zoom) for layer in panel.layers), "</g>"]
    y = sheet.below(zoom, 1)
    for x, name, color, filled in sheet.marks(1):
        rgb = f"rgb({','.join(map(str, color))})"
        look = f'fill="{rgb}" fill-opacity="{FILL if filled else 0}" stroke="{rgb if filled else "#555555"}"'
        body += [f'<rect x="{x}" y="{y}" width="14" height="14" {look}/>', _text(x + 20, y + TEXT - 1, name)]
    body += [_text(GAP, y + (row + 2) * LINE, line) for row, line in enumerate(sheet.lines)]
    return "\n".join([*body, "</svg>\n"])


def figure_png(found: Comparison, film: NDArray[np.generic], findings: list[str], options: FigureOptions) -> bytes:
    """The figure as PNG, a film pixel a square of whole pixels; raises InvalidInput for a caption beyond its font."""
    sheet = _lay_out(found, film, findings, options)
    zoom = max(1, -(-PANE // sheet.grey.shape[1]))
    unit = max(1, round(sheet.grey.shape[1] * zoom / PANE))
    page = Picture.new("RGB", sheet.size(zoom, unit), "white")
    ink = ImageDraw.Draw(page)
    for place, panel in enumerate(sheet.panels):
        x = sheet.left(place, zoom, unit)
        _write(ink, x, GAP * unit, panel.title, unit)
        _write(ink, x, (GAP + LINE) * unit, panel.measures, unit)
        page.paste(Picture.fromarray(_painted(sheet.grey, panel, zoom)), (x, TOP * unit))
    y = sheet.below(zoom, unit)
    for x, name, color, filled in sheet.marks(unit):
        light = tuple(round(255 - FILL * (255 - part)) for part in color)
        box = (x, y, x + 14 * unit, y + 14 * unit)
        ink.rectangle(box, fill=light if filled else None, outline=color if filled else "#555555", width=unit)
        _write(ink, x + 20 * unit, y, name, unit)
    for row, line in enumerate(sheet.lines):
        _write(ink, GAP * unit, y + ((row + 1) * LINE + 6) * unit, line, unit)
    return cv2.imencode(".png", cv2.cvtColor(np.asarray(page), cv2.COLOR_RGB2BGR))[1].tobytes()


def _lay_out(found: Comparison, film: NDArray[np.generic], findings: list[str], options: FigureOptions) -> _Sheet:
    there = list(found.panes)
    chosen = options.panes or tuple(there)
    unknown = [name for name in (*chosen, options.base or there[0]) if name not in (*there, "difference")]
    if unknown or options.base == "difference":
        raise InvalidInput(f"This case has the panes {', '.join(there)} and difference; not {', '.join(unknown)}.")
    base = options.base or next((name for name in chosen if name in there), there[0])
    x0, y0, x1, y1 = _box(options.box, film.shape)
    pixels = {name: pane.mask.pixels[y0:y1, x0:x1] for name, pane in found.panes.items()}
    place = findings.index(found.label.finding) if options.color is None else options.color
    color = COLORS[place % len(COLORS)]
    other = next((name for name in (*chosen, *there) if name in there and name != base), base)
    panels = [
        _difference(found, pixels, base, other)
        if name == "difference"
        else _Panel(NAMES[name], _measures(found, name, base), [_Layer(pixels[name], color, True)])
        for name in chosen
    ]
    legend = [(_words(found.label.finding), color, True)] if set(chosen) - {"difference"} else []
    if "difference" in chosen:
        legend += [(f"only {NAMES[base].lower()}", ONLY_A, True), (f"only {NAMES[other].lower()}", ONLY_B, True),
                   ("in both", COMMON, False)]  # fmt: skip
    grey = _greys(film, options)[y0:y1, x0:x1]
    tolerance = f"{found.scale.tolerance:g} {found.scale.unit}"
    title = options.caption or f"{found.image.file_name}, {_words(found.label.finding).lower()} ({found.source})."
    measured = f"Dice and NSD with the {NAMES[base].lower()}; NSD: borders within {tolerance}."
    room = len(panels) * (PANE + GAP) // 7  # letters that surely fit
    lines = [line for words in (title, measured) for line in textwrap.wrap(words, room)]
    return _Sheet(np.ascontiguousarray(grey), panels, legend, lines)


def _difference(found: Comparison, pixels: dict[str, Bits], base: str, other: str) -> _Panel:
    a, b = pixels[base], pixels[other]
    layers = [_Layer(b & ~a, ONLY_B, True), _Layer(a & ~b, ONLY_A, True), _Layer(a & b, COMMON, False)]
    return _Panel(f"{NAMES[base]} / {NAMES[other]}", _measures(found, other, base), layers)


def _measures(found: Comparison, name: str, base: str) -> str:
    """Area, and how far a pane agrees with what it is measured against."""
    pane = found.panes[name]
    area = f"{pane.area} px" if pane.area_mm2 is None else f"{pane.area_mm2:.{int(pane.area_mm2 < 100)}f} mm^2"
    words = [area if pane.area else "no lesion"]
    for one in found.agreements:
        if {one.a, one.b} == {name, base} and one.dice is not None and one.nsd is not None:
            words.append(f"Dice {one.dice:.2f}, NSD {one.nsd:.2f}")
    return ", ".join(words)


def _words(finding: str) -> str:
    return finding.replace("_", " ").capitalize()


def _box(box: tuple[int, int, int, int] | None, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    height, width = shape
    x0, y0, x1, y1 = box or (0, 0, width, height)
    x0, y0, x1, y1 = max(0, x0), max(0, y0), min(width, x1), min(height, y1)
    if x1 - x0 < 8 or y1 - y0 < 8:
        raise InvalidInput(f"box is x0,y0,x1,y1 of at least 8×8 pixels inside the film's {width}×{height}.")
    return x0, y0, x1, y1


def _greys(film: NDArray[np.generic], options: FigureOptions) -> NDArray[np.uint8]:
    values = film.astype(np.float32)
    low, high = options.window or (float(value) for value in np.percentile(values, (1, 99)))
    grey = np.clip((values - low) / max(high - low, 1) * 255, 0, 255)
    return np.asarray(255 - grey if options.invert else grey, dtype=np.uint8)


def _painted(grey: NDArray[np.uint8], panel: _Panel, zoom: int) -> NDArray[np.uint8]:
    """The film enlarged by whole pixels with its layers: filled where they are masks, their border one pixel inside."""
    square = np.ones((zoom, zoom), np.uint8)
    paint = np.repeat(np.kron(grey, square)[..., None], 3, axis=2).astype(np.float32)
    for layer in panel.layers:
        mask = np.kron(layer.mask.astype(np.uint8), square)
        inner = np.asarray(cv2.erode(mask, np.ones((3, 3), np.uint8), borderValue=0))
        border = (mask > 0) & (inner == 0)
        color = np.array(layer.color, np.float32)
        if layer.filled:
            paint[mask > 0] = (1 - FILL) * paint[mask > 0] + FILL * color
        paint[border] = color
    return paint.round().astype(np.uint8)


def _svg_layer(layer: _Layer, zoom: float) -> str:
    rgb = f"rgb({','.join(map(str, layer.color))})"
    opacity = FILL if layer.filled else 0
    return (
        f'<path d="{svg_path(layer.mask)}" fill="{rgb}" fill-opacity="{opacity}" fill-rule="evenodd" '
        f'stroke="{rgb}" stroke-width="{1.5 / zoom:.4g}"/>'
    )


def _text(x: int, y: int, words: str, weight: str = "400") -> str:
    return f'<text x="{x}" y="{y}" font-weight="{weight}">{escape(words)}</text>'


def _write(ink: ImageDraw.ImageDraw, x: int, y: int, words: str, unit: int) -> None:
    if not words.isascii():
        raise InvalidInput("The PNG's font has plain Latin letters alone: take the SVG, or write the caption in those.")
    ink.text((x, y), words, fill="#1a1d20", font=ImageFont.load_default(TEXT * unit))
