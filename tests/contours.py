"""A path of a figure, filled: which pixels it holds."""

import re

import numpy as np


def fill(path: str, height: int, width: int) -> np.ndarray:
    """A pixel is inside where an odd number of vertical edges lies to its left."""
    inside = np.zeros((height, width), bool)
    for polygon in path.split("Z")[:-1]:
        corners = [(0, 0)]
        for letter, first, second in re.findall(r"([MHV])(\d+)(?: (\d+))?", polygon):
            x, y = corners[-1]
            corners.append({"M": (int(first), int(second or 0)), "H": (int(first), y), "V": (x, int(first))}[letter])
        ring = corners[1:]
        for (x, y), (to_x, to_y) in zip(ring, [*ring[1:], ring[0]], strict=True):
            assert x == to_x or y == to_y
            if x == to_x:
                inside[min(y, to_y) : max(y, to_y), x:] ^= True
    return inside
