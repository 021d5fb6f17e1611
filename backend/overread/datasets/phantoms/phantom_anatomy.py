"""The chest that a phantom film shows before anything is found on it.

Outlines are smooth curves in anatomical coordinates, filled on a fine grid and reduced to the film's pixels: the same
person looks the same at any size, and an edge has no stairs but the grid's own.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Points = NDArray[np.floating[Any]]

FINE = 512  # side of the grid that outlines are filled on: four to a film's pixel up to here, two beyond
CENTRES = ((0.29, 0.45), (0.71, 0.45))
# Outlines of a lung, from its apex outwards and round: (distance from the midline, height), 0 at the top.
RIGHT = [
    *((0.150, 0.105), (0.235, 0.150), (0.305, 0.260), (0.350, 0.400), (0.372, 0.560), (0.378, 0.700), (0.376, 0.770)),
    *((0.366, 0.778), (0.330, 0.730), (0.265, 0.693), (0.190, 0.688), (0.125, 0.715), (0.088, 0.742)),
    *((0.082, 0.700), (0.090, 0.600), (0.072, 0.500), (0.062, 0.380), (0.058, 0.250), (0.085, 0.140)),
]
LEFT = [
    *((0.150, 0.105), (0.235, 0.150), (0.305, 0.260), (0.350, 0.400), (0.372, 0.560), (0.380, 0.710), (0.380, 0.792)),
    *((0.370, 0.800), (0.335, 0.750), (0.285, 0.722), (0.235, 0.728), (0.212, 0.745)),
    *((0.205, 0.690), (0.180, 0.590), (0.130, 0.490), (0.088, 0.400), (0.084, 0.330), (0.092, 0.280), (0.066, 0.225)),
    (0.085, 0.140),
]
BODY = [
    *((0.42, -0.10), (0.40, 0.02), (0.30, 0.065), (0.12, 0.105), (-0.04, 0.17), (-0.08, 0.30), (0.00, 0.37)),
    *((0.045, 0.47), (0.05, 0.62), (0.045, 0.80), (0.04, 1.10), (0.96, 1.10), (0.955, 0.80), (0.95, 0.62)),
    *((0.955, 0.47), (1.00, 0.37), (1.08, 0.30), (1.04, 0.17), (0.88, 0.105), (0.70, 0.065), (0.60, 0.02)),
    (0.58, -0.10),
]


@dataclass
class Canvas:
    """A film in the making.

    ``light`` is (S, S) in [0, 1]; ``x`` and ``y`` (S, S) are anatomical coordinates, 0…1 across the film; ``lungs`` the
    share of each pixel that the two lung fields cover, that on the film's left first; ``outlines`` their edges, (n, 2).
    """

    light: Floats
    x: Floats
    y: Floats
    to_film: Floats
    lungs: tuple[Floats, Floats]
    outlines: tuple[Points, Points]
    vessels: Floats

    @classmethod
    def of_anatomy(cls, size: int, shift: float, rng: np.random.Generator) -> "Canvas":
        """Body, lungs, heart, spine, ribs, clavicles and vessels of one person."""
        x, y, to_film = _pose(size, shift, rng)
        nothing = np.zeros((size, size), np.float32)
        outlines = (_lung(RIGHT, -1, rng), _lung(LEFT, 1, rng))
        canvas = cls(nothing, x, y, to_film, (nothing, nothing), outlines, nothing)
        canvas.lungs = (canvas.fill(outlines[0]), canvas.fill(outlines[1]))
        fields = canvas.lungs[0] + canvas.lungs[1]
        canvas.vessels = _vessels(canvas, rng) * fields
        soft = canvas.smooth(fields, 0.005)
        canvas.light = _tissue(canvas, soft, rng) + _bones(canvas, soft, rng) + 0.13 * canvas.vessels
        canvas.light += (0.012 + 0.008 * soft) * (noise(size, 0.10, rng) + noise(size, 0.03, rng))
        return canvas

    def fill(self, *outlines: Points, value: int = 255) -> Floats:
        """The share (S, S) in [0, 1] of each pixel that the closed outlines cover."""
        grid = self.grid()
        self.draw(grid, *outlines, value=value)
        return self.reduced(grid)

    def grid(self) -> NDArray[np.uint8]:
        """An empty fine grid to draw on."""
        fine = max(min(FINE, 4 * len(self.x)), 2 * len(self.x))
        return np.zeros((fine, fine), np.uint8)

    def draw(self, grid: NDArray[np.uint8], *outlines: Points, value: int = 255) -> None:
        """Fill closed outlines on a fine grid."""
        cv2.fillPoly(grid, [self._pixels(one, len(grid)) for one in outlines], float(value), shift=4)

    def lines(self, grid: NDArray[np.uint8], paths: Points, width: float, value: int = 255) -> None:
        """Draw open lines (k, n, 2) of a width, a share of the film; thinner than the grid is fainter."""
        thick = max(1, round(width * len(grid)))
        value = round(value * min(1.0, width * len(grid) / thick))
        cv2.polylines(grid, list(self._pixels(paths, len(grid))), False, float(value), thick, shift=4)

    def reduced(self, grid: NDArray[np.uint8]) -> Floats:
        """A fine grid in the film's pixels, in [0, 1]."""
        size = len(self.x)
        return np.asarray(cv2.resize(grid, (size, size), interpolation=cv2.INTER_AREA), np.float32) / 255

    def smooth(self, field: Floats, width: float) -> Floats:
        """A field blurred by a share of the film."""
        return np.asarray(cv2.GaussianBlur(field, (0, 0), width * len(self.x)))

    def place(self, side: int, rng: np.random.Generator, margin: float = 0.05) -> tuple[float, float]:
        """A point inside a lung, at least ``margin`` (a share of the film) from its edge."""
        outline = self.outlines[side].astype(np.float32)
        low, high = outline.min(axis=0), outline.max(axis=0)
        for _ in range(200):
            x, y = rng.uniform(low, high)
            if cv2.pointPolygonTest(outline, (float(x), float(y)), True) >= margin:
                return float(x), float(y)
        return CENTRES[side]

    def _pixels(self, points: Points, fine: int) -> NDArray[np.int32]:
        """Anatomical points in sixteenths of a fine pixel, as OpenCV takes them."""
        moved = points @ self.to_film[:, :2].T + self.to_film[:, 2]
        return np.rint((moved * fine - 0.5) * 16).astype(np.int32)


def step(distance: Floats, width: float) -> Floats:
    """From 0 to 1 where the distance changes its sign, softly over ``width``."""
    return np.asarray(1 / (1 + np.exp(np.clip(-distance / width, -30, 30))))


def ellipse(x: Floats, y: Floats, cx: float, cy: float, rx: float, ry: float, soft: float) -> Floats:
    """1 inside, 0 outside, with a soft edge."""
    radius = np.sqrt(((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2)
    return step((1 - radius) * min(rx, ry), soft / 3)


def noise(size: int, scale: float, rng: np.random.Generator) -> Floats:
    """Smooth noise of unit spread; ``scale`` is its grain as a share of the film."""
    coarse = max(4, round(1 / scale))
    small = rng.standard_normal((coarse, coarse), np.float32)
    return np.asarray(cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC))


def closed_curve(points: Points, per_span: int = 6) -> Points:
    """A smooth closed curve through points (n, 2): Catmull and Rom's spline."""
    before, after, next_one = (np.roll(points, by, axis=0) for by in (1, -1, -2))
    t = np.linspace(0, 1, per_span, endpoint=False)[None, :, None]
    a, b, c, d = (one[:, None, :] for one in (before, points, after, next_one))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.asarray(curve.reshape(-1, 2))


def band(path: Points, half: float) -> Points:
    """The closed outline of a band along a path (n, 2), ``half`` a width on each side."""
    along = np.gradient(path, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.linalg.norm(along, axis=1, keepdims=True)
    return np.concatenate([path + half * across, (path - half * across)[::-1]])


def _pose(size: int, shift: float, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Anatomical coordinates of the pixels, and the way back: how the person stands, turned and stretched."""
    turn, stretch = np.deg2rad(rng.normal(0, 1.5 + 4 * shift)), 1 + rng.normal(0, 0.03 + 0.05 * shift)
    axes = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) / stretch
    y, x = (np.mgrid[0:size, 0:size].astype(np.float32) + 0.5) / size - 0.5
    u, v = axes[0, 0] * x + axes[0, 1] * y + 0.5, axes[1, 0] * x + axes[1, 1] * y + 0.5
    back = np.linalg.inv(axes)
    middle = np.full(2, 0.5)
    return u.astype(np.float32), v.astype(np.float32), np.column_stack([back, middle - back @ middle])


def _lung(outline: list[tuple[float, float]], side: int, rng: np.random.Generator) -> Points:
    """One person's lung: the outline wider or narrower, its diaphragm higher or lower, its edge a little uneven."""
    points = np.array(outline)
    points += rng.normal(0, 0.004, points.shape)
    points[:, 0] *= 1 + rng.normal(0, 0.035)
    low = np.clip((points[:, 1] - 0.45) / 0.3, 0, 1)
    points[:, 1] += rng.normal(0, 0.022) * low
    return closed_curve(np.column_stack([0.5 + side * points[:, 0], points[:, 1]]))


def _tissue(canvas: Canvas, lungs: Floats, rng: np.random.Generator) -> Floats:
    """What is soft: body, lungs, heart and great vessels, airways, abdomen."""
    u, v = canvas.x, canvas.y
    body = canvas.smooth(canvas.fill(closed_curve(np.array(BODY))), 0.012)
    light = 0.03 + 0.42 * body
    light += 0.16 * body * step(v - 0.80, 0.06) - 0.10 * body * np.exp(-(((v - 0.05) / 0.06) ** 2))
    light += 0.20 * body * np.exp(-(((u - 0.5) / 0.085) ** 2))
    heart = ellipse(u, v, 0.545 + rng.normal(0, 0.008), 0.64, 0.15, 0.14, 0.06)
    light += 0.17 * heart * (1 - 0.5 * lungs)
    light += 0.10 * ellipse(u, v, 0.565, 0.30, 0.035, 0.04, 0.03) * (1 - 0.6 * lungs)
    light -= lungs * (0.27 + 0.06 * np.exp(-(((v - 0.28) / 0.2) ** 2)) + rng.normal(0, 0.01))
    fork = np.array([(0.497, 0.30), (0.44, 0.36), (0.497, 0.30), (0.57, 0.37)])
    airway = canvas.fill(band(np.array([(0.497, -0.1), (0.497, 0.1), (0.497, 0.30)]), 0.016))
    airway += 0.7 * canvas.fill(band(fork[:2], 0.011), band(fork[2:], 0.010))
    light -= 0.09 * canvas.smooth(airway, 0.006)
    if rng.random() < 0.6:  # air in the stomach
        light -= 0.10 * ellipse(u, v, 0.69 + rng.normal(0, 0.02), 0.83, 0.07, 0.035, 0.03) * (1 - lungs)
    return np.asarray(light, np.float32)


def _bones(canvas: Canvas, lungs: Floats, rng: np.random.Generator) -> Floats:
    """Ribs behind and in front, clavicles, shoulder blades and the spine's bodies."""
    back, front, collar, blades = (canvas.grid() for _ in range(4))
    start, gap = 0.135 + rng.normal(0, 0.008), 0.066 + rng.normal(0, 0.002)
    t = np.linspace(0, 1, 16)
    for side in (-1, 1):
        for k in range(10):
            reach = 0.40 * (1 - np.exp(-(k + 1.0) / 1.7))
            out = 0.035 + (reach - 0.035) * np.sin(t * np.pi / 2)
            down = start + k * gap - 0.022 * np.sin(np.pi * t) + (0.05 + 0.006 * k) * t**3
            _bone(canvas, back, np.column_stack([0.5 + side * out, down]), 0.0125)
            if 0 < k < 7:
                inwards = reach - (reach - 0.12) * t**1.2
                path = np.column_stack([0.5 + side * inwards, down[-1] + 0.13 * np.sin(t * np.pi / 2)])
                _bone(canvas, front, path, 0.0125)
        rise = 0.165 - 0.055 * t + 0.012 * np.sin(2 * np.pi * t)
        _bone(canvas, collar, np.column_stack([0.5 + side * (0.045 + 0.36 * t), rise]), 0.014)
        blade = np.array([(0.36, 0.14), (0.33, 0.24), (0.345, 0.36), (0.38, 0.44), (0.44, 0.30), (0.47, 0.16)])
        canvas.draw(blades, closed_curve(np.column_stack([0.5 + side * blade[:, 0], blade[:, 1]])))
    ribs = 0.105 * canvas.reduced(back) + 0.05 * canvas.reduced(front)
    light = ribs * (0.35 + 0.65 * lungs) + 0.13 * canvas.reduced(collar) + 0.035 * canvas.reduced(blades)
    bodies = step(0.034 - np.abs(canvas.x - 0.5), 0.004) * (0.6 + 0.4 * np.cos(2 * np.pi * canvas.y / 0.058))
    return np.asarray(canvas.smooth(light, 0.002) + 0.045 * bodies * (canvas.y < 0.98), np.float32)


def _bone(canvas: Canvas, grid: NDArray[np.uint8], path: Points, half: float) -> None:
    """A long bone: its shell is denser than its core."""
    canvas.draw(grid, band(path, half))
    canvas.draw(grid, band(path, 0.62 * half), value=165)


def _vessels(canvas: Canvas, rng: np.random.Generator) -> Floats:
    """Trees that spread from the two hila and taper, in [0, 1]."""
    field = np.zeros_like(canvas.x)
    for x, turns in ((0.405, (0.35, 1.62)), (0.62, (-0.5, 0.85))):
        angles = np.pi * np.linspace(*turns, 9) + rng.normal(0, 0.12, 9)
        starts, length = np.tile((x, 0.43), (9, 1)), rng.uniform(0.06, 0.10, 9)
        for width, strength in ((0.011, 235), (0.007, 190), (0.0045, 150), (0.003, 110)):
            ends = starts + length[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])
            grid = canvas.grid()
            canvas.lines(grid, np.stack([starts, ends], axis=1), width, strength)
            field = np.maximum(field, canvas.smooth(canvas.reduced(grid), width / 3))
            starts = np.repeat(ends, 2, axis=0)
            fork = np.where(np.arange(len(starts)) % 2, 0.32, -0.32)
            angles = np.repeat(angles, 2) + fork + rng.normal(0, 0.15, len(starts))
            length = np.repeat(length, 2) * rng.uniform(0.6, 1.0, len(starts))
        hila = ellipse(canvas.x, canvas.y, x, 0.43, 0.028, 0.06, 0.05)
        field = np.maximum(field, 0.55 * hila)
    return np.asarray(field, np.float32)
