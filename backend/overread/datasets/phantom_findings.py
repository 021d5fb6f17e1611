"""What a phantom film shows: anatomy, the five findings, and what only looks like them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Mask = NDArray[np.bool_]
Draw = Callable[["Canvas", np.random.Generator], Mask]


@dataclass
class Canvas:
    """A film in the making: light (S, S) in [0, 1]; x and y run 0…1; ``lungs`` are the two lung fields, left first."""

    light: Floats
    x: Floats
    y: Floats
    lungs: tuple[Mask, Mask]
    centres: tuple[tuple[float, float], tuple[float, float]]
    vessels: Floats

    @classmethod
    def of_anatomy(cls, size: int, shift: float, rng: np.random.Generator) -> "Canvas":
        """Thorax, lungs, heart, spine, ribs, clavicles and vessels of one person."""
        y, x = np.mgrid[0:size, 0:size].astype(np.float32) / size
        turn = np.deg2rad(rng.normal(0, 1.5 + 4 * shift))
        stretch = 1 + rng.normal(0, 0.03 + 0.05 * shift)
        u = ((x - 0.5) * np.cos(turn) - (y - 0.5) * np.sin(turn)) / stretch + 0.5
        v = ((x - 0.5) * np.sin(turn) + (y - 0.5) * np.cos(turn)) / stretch + 0.5
        light = 0.12 + 0.5 * _ellipse(u, v, 0.5, 0.62, 0.47, 0.62, 0.06)
        centres = ((0.29 + rng.normal(0, 0.012), 0.45), (0.71 + rng.normal(0, 0.012), 0.45))
        lungs, fields = [], np.zeros_like(u)
        for cx, cy in centres:
            floor = 0.78 + rng.normal(0, 0.02) - 0.10 * np.exp(-(((u - cx) / 0.13) ** 2))
            field = _ellipse(u, v, cx, cy + 0.03, 0.165, 0.37, 0.02) * _step(floor - v, 0.012)
            fields = np.maximum(fields, field)
            lungs.append(field > 0.5)
        light -= 0.40 * fields
        light += 0.22 * _ellipse(u, v, 0.5, 0.5, 0.07, 0.6, 0.04) * (1 - 0.4 * fields)
        light += (
            0.30 * _ellipse(u, v, 0.56 + rng.normal(0, 0.01), 0.64, 0.15 + rng.normal(0, 0.012), 0.13, 0.03) * fields
        )
        light += 0.06 * _ribs(u, v, rng) * _ellipse(u, v, 0.5, 0.5, 0.44, 0.55, 0.05)
        vessels = _vessels(size, centres, rng) * fields
        light += 0.10 * vessels + 0.03 * _noise(size, 0.06, rng)
        return cls(light.astype(np.float32), u, v, (lungs[0], lungs[1]), centres, vessels)

    def lung(self, rng: np.random.Generator) -> tuple[int, Mask]:
        """One of the lungs, by a coin."""
        side = int(rng.integers(2))
        return side, self.lungs[side]

    def place(self, lung: Mask, rng: np.random.Generator, margin: float = 0.05) -> tuple[float, float]:
        """A point inside the lung, away from its edge."""
        size = lung.shape[0]
        padded = cv2.erode(
            lung.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=max(1, round(margin * size / 2))
        )
        rows = np.flatnonzero(padded if padded.any() else lung)
        if not len(rows):
            return 0.3, 0.5
        row = int(rng.choice(rows))
        return float(self.x.flat[row]), float(self.y.flat[row])


def _step(distance: Floats, width: float) -> Floats:
    return np.asarray(1 / (1 + np.exp(np.clip(-distance / width, -30, 30))))


def _ellipse(x: Floats, y: Floats, cx: float, cy: float, rx: float, ry: float, soft: float) -> Floats:
    radius = np.sqrt(((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2)
    return _step((1 - radius) * min(rx, ry), soft / 3)


def _noise(size: int, scale: float, rng: np.random.Generator) -> Floats:
    """Smooth noise of unit spread; ``scale`` is its grain as a share of the film."""
    coarse = max(4, round(1 / scale))
    small = rng.standard_normal((coarse, coarse), np.float32)
    return np.asarray(cv2.resize(small, (size, size), interpolation=cv2.INTER_CUBIC))


def _ribs(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    ribs = np.zeros_like(x)
    start, gap = 0.14 + rng.normal(0, 0.008), 0.078 + rng.normal(0, 0.002)
    for k in range(9):
        curve = start + k * gap + 0.55 * (np.abs(x - 0.5) - 0.22) ** 2 - 0.03
        ribs += np.exp(-(((y - curve) / 0.012) ** 2))
    clavicle = 0.13 + 0.25 * np.abs(np.abs(x - 0.5) - 0.02)
    return np.asarray(np.minimum(ribs, 1.2) + 1.2 * np.exp(-(((y - clavicle) / 0.014) ** 2)))


def _vessels(size: int, centres: tuple[tuple[float, float], ...], rng: np.random.Generator) -> Floats:
    canvas = np.zeros((size, size), np.float32)
    for side, (cx, cy) in enumerate(centres):
        hilum = np.array([cx + (0.10 if side == 0 else -0.10), cy + 0.02])
        for _ in range(9):
            angle = rng.uniform(0.25, 1.75) * np.pi if side == 0 else rng.uniform(-0.75, 0.75) * np.pi
            tip = hilum + rng.uniform(0.12, 0.28) * np.array([np.cos(angle), np.sin(angle)])
            points = [tuple(int(c * size) for c in p) for p in (hilum, tip)]
            cv2.line(canvas, points[0], points[1], float(rng.uniform(0.5, 1)), max(1, size // 110), cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(canvas, (0, 0), size / 180))


def consolidation(canvas: Canvas, rng: np.random.Generator) -> Mask:
    """A fuzzy bright patch of some lobes' size."""
    _, lung = canvas.lung(rng)
    cx, cy = canvas.place(lung, rng, 0.12)
    cloud = np.zeros_like(canvas.x)
    for _ in range(5):
        dx, dy, r = rng.normal(0, 0.035), rng.normal(0, 0.04), rng.uniform(0.045, 0.085)
        cloud = np.maximum(
            cloud, np.exp(-((((canvas.x - cx - dx) ** 2 + (canvas.y - cy - dy) ** 2) / (2 * r * r)) ** 1.5))
        )
    size = len(cloud)
    texture = 1 + 0.15 * _noise(size, 0.03, rng)
    canvas.light += (rng.uniform(0.20, 0.32) * cloud * texture * lung).astype(np.float32)
    return (cloud > 0.45) & lung


def pneumothorax(canvas: Canvas, rng: np.random.Generator) -> Mask:
    """The lung drawn in towards the hilum: dark and vessel-free between its edge and the chest wall."""
    side, lung = canvas.lung(rng)
    cx, cy = canvas.centres[side]
    inward = 0.5 - cx
    shrink = rng.uniform(0.66, 0.86)
    ax, ay = cx + 0.6 * inward, cy + 0.22
    inner = _sample(lung, (canvas.x - ax) / shrink + ax, (canvas.y - ay) / shrink + ay, canvas)
    air = lung & ~inner & (canvas.y < cy + 0.27)
    soft = cv2.GaussianBlur(air.astype(np.float32), (0, 0), len(lung) / 250)
    canvas.light -= (rng.uniform(0.07, 0.11) + 0.10 * canvas.vessels) * soft
    edge = cv2.morphologyEx(inner.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).astype(np.float32)
    near = cv2.dilate(air.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)
    canvas.light += 0.13 * cv2.GaussianBlur(edge * near, (0, 0), len(lung) / 300)
    return air


def fibrosis(canvas: Canvas, rng: np.random.Generator) -> Mask:
    """A net of fine bright lines at the base."""
    side, lung = canvas.lung(rng)
    cx, cy = canvas.centres[side]
    region = (
        _ellipse(canvas.x, canvas.y, cx + rng.normal(0, 0.02), cy + 0.24, 0.15, rng.uniform(0.10, 0.15), 0.02) * lung
    )
    net = np.abs(_noise(len(lung), 0.028, rng))
    lines = np.exp(-((net / 0.28) ** 2))
    canvas.light += (region * (0.22 * lines + 0.05)).astype(np.float32)
    return region > 0.5


def pleural_effusion(canvas: Canvas, rng: np.random.Generator) -> Mask:
    """Fluid at the base, its upper border a meniscus that climbs the chest wall."""
    side, lung = canvas.lung(rng)
    cx, cy = canvas.centres[side]
    outward = (canvas.x - cx) * (-1 if side == 0 else 1)
    level = cy + rng.uniform(0.16, 0.28) - 0.9 * np.maximum(outward, 0) ** 1.2
    fluid = _step(canvas.y - level, 0.010) * cv2.GaussianBlur(lung.astype(np.float32), (0, 0), len(lung) / 250)
    canvas.light += (rng.uniform(0.30, 0.38) * fluid).astype(np.float32)
    return (fluid > 0.5) & lung


def nodule(canvas: Canvas, rng: np.random.Generator) -> Mask:
    """A round spot, larger than life so that a small network can learn it."""
    _, lung = canvas.lung(rng)
    cx, cy = canvas.place(lung, rng, 0.08)
    radius = rng.uniform(0.034, 0.055)
    distance = np.sqrt((canvas.x - cx) ** 2 + (canvas.y - cy) ** 2)
    canvas.light += rng.uniform(0.22, 0.32) * _step(radius - distance, 0.006)
    return np.asarray(distance < radius)


def _sample(mask: Mask, x: Floats, y: Floats, canvas: Canvas) -> Mask:
    """The mask at other anatomical coordinates (the film may be turned; the small error is part of the person)."""
    size = len(mask)
    dx, dy = (x - canvas.x) * size, (y - canvas.y) * size
    rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
    moved = cv2.remap(
        mask.astype(np.uint8), (columns + dx).astype(np.float32), (rows + dy).astype(np.float32), cv2.INTER_NEAREST
    )
    return np.asarray(moved, dtype=bool)


def device(canvas: Canvas, rng: np.random.Generator) -> Mask:
    """A pacemaker-like box with its wire."""
    cx, cy = rng.uniform(0.2, 0.35), rng.uniform(0.2, 0.3)
    box = (np.abs(canvas.x - cx) < 0.05) & (np.abs(canvas.y - cy) < 0.035)
    wire = np.abs(canvas.y - cy - 0.6 * (canvas.x - cx) - 0.05 * np.sin(14 * canvas.x)) < 0.006
    canvas.light += 0.35 * box + 0.25 * (wire & (canvas.x > cx) & (canvas.x < 0.6))
    return np.asarray(box)


def skin_fold(canvas: Canvas, rng: np.random.Generator) -> Mask:
    """An edge that runs down the lung like a pleural line, with vessels beyond it."""
    x0, slope = rng.choice([rng.uniform(0.17, 0.24), rng.uniform(0.76, 0.83)]), rng.normal(0, 0.12)
    distance = canvas.x - x0 - slope * (canvas.y - 0.4)
    fold = np.exp(-((distance / 0.008) ** 2)) + 0.6 * np.exp(-np.maximum(distance, 0) / 0.05) * (distance > 0)
    canvas.light += (0.11 * fold * (canvas.y < 0.72) * (canvas.y > 0.12)).astype(np.float32)
    return np.asarray(np.abs(distance) < 0.01)


def breast_shadow(canvas: Canvas, rng: np.random.Generator) -> Mask:
    """Two soft bright curves over the lower fields."""
    shadow = np.zeros_like(canvas.x)
    for cx in (0.3, 0.7):
        shadow += _ellipse(canvas.x, canvas.y, cx + rng.normal(0, 0.02), 0.66 + rng.normal(0, 0.02), 0.17, 0.12, 0.02)
    canvas.light += (rng.uniform(0.10, 0.16) * shadow).astype(np.float32)
    return np.asarray(shadow > 0.5)


def nipple(canvas: Canvas, rng: np.random.Generator) -> Mask:
    """A faint disc, smaller than a nodule."""
    cx, cy = rng.choice([0.28, 0.72]) + rng.normal(0, 0.03), rng.uniform(0.55, 0.68)
    distance = np.sqrt((canvas.x - cx) ** 2 + (canvas.y - cy) ** 2)
    canvas.light += 0.14 * _step(0.024 - distance, 0.008)
    return np.asarray(distance < 0.024)


FINDINGS: dict[str, Draw] = {
    "consolidation": consolidation,
    "pneumothorax": pneumothorax,
    "fibrosis": fibrosis,
    "pleural_effusion": pleural_effusion,
    "nodule": nodule,
}
DISTRACTORS: tuple[Draw, ...] = (device, skin_fold, breast_shadow, nipple)
