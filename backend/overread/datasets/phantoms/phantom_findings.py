"""The five findings of a phantom film, and what only looks like them."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overread.datasets.phantoms.phantom_anatomy import CENTRES, Canvas, band, closed_curve, ellipse, noise, step

Floats = NDArray[np.floating[Any]]
Mask = NDArray[np.bool_]
Draw = Callable[[Canvas, np.random.Generator], Mask]


def consolidation(canvas: Canvas, rng: np.random.Generator) -> Mask:
    """A fuzzy bright patch of some lobes' size."""
    side = int(rng.integers(2))
    cx, cy = canvas.place(side, rng, 0.05)
    clear = np.ones_like(canvas.x)
    for _ in range(5):
        dx, dy, r = rng.normal(0, 0.035), rng.normal(0, 0.04), rng.uniform(0.05, 0.09)
        clear *= 1 - 0.8 * np.exp(-((((canvas.x - cx - dx) ** 2 + (canvas.y - cy - dy) ** 2) / (2 * r * r)) ** 1.5))
    size = len(clear)
    cloud = (1 - clear) * canvas.smooth(canvas.lungs[side], 0.003)
    texture = 1 + 0.12 * noise(size, 0.05, rng) + 0.10 * noise(size, 0.02, rng)
    canvas.light += (rng.uniform(0.20, 0.32) * cloud * texture).astype(np.float32)
    return np.asarray(cloud > 0.5)


def pneumothorax(canvas: Canvas, rng: np.random.Generator) -> Mask:
    """The lung drawn in from the chest wall: dark and vessel-free between its edge and the wall."""
    side = int(rng.integers(2))
    lung, outline = canvas.lungs[side], canvas.outlines[side]
    hilum = np.array([0.41 if side == 0 else 0.62, 0.55])
    out, down = np.abs(outline[:, :1] - 0.5), outline[:, 1:]
    low = np.clip((down - 0.45) / 0.2, 0, 1)
    away = np.maximum(np.clip((out - 0.10 - 0.20 * low) / 0.12, 0, 1), np.clip((0.30 - down) / 0.12, 0, 1))
    away *= np.clip((rng.uniform(0.62, 0.76) - down) / 0.18, 0, 1)
    inner = outline + away * (1 - rng.uniform(0.62, 0.82)) * (hilum - outline)
    air = np.clip(lung - canvas.fill(inner), 0, 1)
    depth = rng.uniform(0.08, 0.12)
    canvas.light -= (depth + 0.13 * canvas.vessels) * canvas.smooth(air, 0.002)
    line = canvas.fill(band(np.concatenate([inner, inner[:1]]), 0.003)) * canvas.smooth(air, 0.006)
    canvas.light += 0.18 * canvas.smooth(line, 0.0015)
    return np.asarray(air > 0.5)


def fibrosis(canvas: Canvas, rng: np.random.Generator) -> Mask:
    """A net of fine bright lines at the base."""
    side = int(rng.integers(2))
    x, y, (cx, cy) = canvas.x, canvas.y, CENTRES[side]
    lung = canvas.smooth(canvas.lungs[side], 0.002)
    uneven = 1 + 0.10 * noise(len(x), 0.12, rng)
    region = ellipse(x, y, cx + rng.normal(0, 0.02), cy + 0.22, 0.15, rng.uniform(0.10, 0.15), 0.02) * uneven * lung
    lines = sum(np.exp(-((noise(len(x), grain, rng) / 0.28) ** 2)) for grain in (0.028, 0.018))
    canvas.light += (region * (0.14 * lines + 0.05)).astype(np.float32)
    return np.asarray(region > 0.5)


def pleural_effusion(canvas: Canvas, rng: np.random.Generator) -> Mask:
    """Fluid at the base, its upper border a meniscus that climbs the chest wall."""
    side = int(rng.integers(2))
    outward = np.clip((np.abs(canvas.x - 0.5) - 0.08) / 0.30, 0, 1.2)
    base = canvas.outlines[side][:, 1].max()
    level = base - rng.uniform(0.12, 0.24) + 0.10 * (1 - outward) - 0.09 * outward**4
    fluid = step(canvas.y - level, 0.008) * canvas.smooth(canvas.lungs[side], 0.003)
    canvas.light += (rng.uniform(0.86, 0.96) * fluid * (0.60 - canvas.light)).astype(np.float32)
    return np.asarray(fluid > 0.5)


def nodule(canvas: Canvas, rng: np.random.Generator) -> Mask:
    """A round spot, larger than life so that a small network can learn it."""
    cx, cy = canvas.place(int(rng.integers(2)), rng, 0.04)
    radius = rng.uniform(0.034, 0.055)
    around = np.arctan2(canvas.y - cy, canvas.x - cx)
    uneven = 1 + rng.uniform(0, 0.08) * np.cos(2 * around + rng.uniform(0, 6)) + 0.04 * np.cos(3 * around)
    inside = radius * uneven - np.hypot(canvas.x - cx, canvas.y - cy)
    canvas.light += (rng.uniform(0.22, 0.32) * step(inside, 0.005)).astype(np.float32)
    return np.asarray(inside > 0)


def device(canvas: Canvas, rng: np.random.Generator) -> Mask:
    """A pacemaker and its wire."""
    cx, cy = rng.uniform(0.17, 0.30), rng.uniform(0.2, 0.3)
    half = np.array([0.048, 0.036])
    corners = np.array([(1, 0), (0.92, 0.92), (0, 1), (-0.92, 0.92), (-1, 0), (-0.92, -0.92), (0, -1), (0.92, -0.92)])
    box = canvas.fill(closed_curve(corners * half + (cx, cy)))
    t = np.linspace(0, 1, 40)
    bend = np.column_stack([cx + t * (0.54 - cx), cy - 0.10 * np.sin(np.pi * t) + t**2 * (0.66 - cy)])
    wire = canvas.fill(band(bend, 0.0035))
    canvas.light += 0.42 * box * (1 - canvas.light) + 0.28 * wire * (1 - box)
    return np.asarray(box > 0.5)


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
        shadow += ellipse(canvas.x, canvas.y, cx + rng.normal(0, 0.02), 0.66 + rng.normal(0, 0.02), 0.17, 0.12, 0.02)
    canvas.light += (rng.uniform(0.10, 0.16) * shadow).astype(np.float32)
    return np.asarray(shadow > 0.5)


def nipple(canvas: Canvas, rng: np.random.Generator) -> Mask:
    """A faint disc, smaller than a nodule."""
    cx, cy = rng.choice([0.28, 0.72]) + rng.normal(0, 0.03), rng.uniform(0.55, 0.68)
    distance = np.sqrt((canvas.x - cx) ** 2 + (canvas.y - cy) ** 2)
    canvas.light += 0.14 * step(0.024 - distance, 0.008)
    return np.asarray(distance < 0.024)


FINDINGS: dict[str, Draw] = {
    "consolidation": consolidation,
    "pneumothorax": pneumothorax,
    "fibrosis": fibrosis,
    "pleural_effusion": pleural_effusion,
    "nodule": nodule,
}
DISTRACTORS: tuple[Draw, ...] = (device, skin_fold, breast_shadow, nipple)
