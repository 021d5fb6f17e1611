"""The border of a mask along its pixels' edges: filled by the even-odd rule it is the mask, bit for bit.

The same polygons as the browser's (``frontend/src/editor/contour.ts``): corners of the pixel grid, the mask on the
right hand, regions that touch at a corner kept apart.
"""

import numpy as np
from numpy.typing import NDArray

STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))


def svg_path(mask: NDArray[np.bool_]) -> str:
    """SVG path data of a mask (height, width); "" for the empty mask. Its coordinates are pixels of the mask."""
    edges = _edges(mask)
    parts = []
    for y, x in np.argwhere(edges).tolist():
        while edges[y, x]:
            parts.append(_walk(edges, x, y))
    return "".join(parts)


def _edges(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """At each corner (height + 1, width + 1) a bit for each border edge that leaves it: right, down, left, up."""
    height, width = mask.shape
    around = np.pad(mask, 1)
    inside = around[1:-1, 1:-1]
    edges = np.zeros((height + 1, width + 1), np.uint8)
    edges[:height, :width] |= (inside & ~around[:-2, 1:-1]).astype(np.uint8)
    edges[:height, 1:] |= (inside & ~around[1:-1, 2:]).astype(np.uint8) << 1
    edges[1:, 1:] |= (inside & ~around[2:, 1:-1]).astype(np.uint8) << 2
    edges[1:, :width] |= (inside & ~around[1:-1, :-2]).astype(np.uint8) << 3
    return edges


def _walk(edges: NDArray[np.uint8], x0: int, y0: int) -> str:
    """One polygon from a corner back to it; its edges are taken away."""
    x, y, direction, path = x0, y0, -1, [f"M{x0} {y0}"]
    while True:
        leaving = int(edges[y, x])
        turns = range(4) if direction < 0 else [(direction + turn) % 4 for turn in (1, 0, 3, 2)]
        ahead = next((turn for turn in turns if leaving >> turn & 1), None)
        if ahead is None or ((x, y) == (x0, y0) and direction >= 0 and ahead != (direction + 1) % 4):
            return "".join(path) + "Z"
        if direction >= 0 and ahead != direction:
            path.append(f"V{y}" if direction % 2 else f"H{x}")
        edges[y, x] = leaving & ~(1 << ahead)
        direction, x, y = ahead, x + STEPS[ahead][0], y + STEPS[ahead][1]
