"""Whether letters stand in a film's pixels: four or more in a row, as names and dates do. Runs in the limited child.

Letters are strokes thinner than they are long, brighter (or darker) than what is around them, of one grey, on one line.
A side marker of a letter or two is no row; a word as PORTABLE is one. What is found is told, and nothing is taken away.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from overread.datasets.decoding.raster import Greys

# By how much of 255 letters differ from what is around them, and how many of such in a row are no accident. The faint
# ones are looked for where the film is brightest: letters are as bright as can be, and differ by less only there.
CONTRASTS = {8: 6, 16: 5, 32: 4, 64: 4, 128: 4}
FAINT, BRIGHT = 32, 200
STRONG = {contrast: letters for contrast, letters in CONTRASTS.items() if contrast >= FAINT}
LEAST, MOST = 5, 24  # pixels of a letter's height, in the film and in a frame of a third
FRAME, SIDE = 3, 450
LARGEST = 2048  # pixels of a side; a larger film is looked at in a frame of a half, a third and so on
ONE_GREY = 10  # of 255, from a letter to the next
TEXTURE = 2_000  # pieces of a frame: letters are fewer

MAY = "it may carry burned-in text"
LETTERS = f"{MAY}: letters stand in a row"
Pieces = NDArray[np.int32]  # x, y, width, height and brightest grey of each, by x


def has_lettering(pixels: Greys) -> bool:
    """Whether there are letters in a row in a film (height, width), uint8 or uint16, that lies as it is read."""
    greys = np.asarray(cv2.normalize(pixels, np.empty(0), 0, 255, cv2.NORM_MINMAX, cv2.CV_8U), np.uint8)
    smaller = -(-max(greys.shape) // LARGEST)
    frames = [_smaller(greys, smaller) if smaller > 1 else greys]
    if min(greys.shape) > SIDE:
        frames.append(_smaller(frames[0], FRAME))
    return any(_stands_in(frame, CONTRASTS) or _stands_in(255 - frame, STRONG) for frame in frames)


def _smaller(greys: NDArray[np.uint8], times: int) -> NDArray[np.uint8]:
    height, width = (max(1, side // times) for side in greys.shape)
    return np.asarray(cv2.resize(greys, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _stands_in(greys: NDArray[np.uint8], contrasts: dict[int, int]) -> bool:
    stroke = cv2.getStructuringElement(cv2.MORPH_RECT, (MOST // 3 | 1, MOST // 3 | 1))
    lifted = cv2.morphologyEx(greys, cv2.MORPH_TOPHAT, stroke)
    for contrast, letters in contrasts.items():
        mask = lifted >= contrast
        if contrast < FAINT:
            mask &= greys >= BRIGHT
        if _longest_row(_pieces(greys, mask)) >= letters:
            return True
    return False


def _pieces(greys: NDArray[np.uint8], mask: NDArray[np.bool_]) -> Pieces:
    """The connected pieces of a mask that are as large and as full as letters."""
    if np.count_nonzero(mask) < LEAST * LEAST:
        return np.empty((0, 5), np.int32)
    # Not their outlines: of noise one piece has a million holes, and each would be followed. Nor OpenCV's statistics:
    # they take ten times as long as the pieces, and of a film few pixels are in any.
    count, numbers = cv2.connectedComponents(mask.view(np.uint8), connectivity=8)
    if count > TEXTURE:
        return np.empty((0, 5), np.int32)
    points = np.flatnonzero(mask)
    y, x = np.divmod(points, mask.shape[1])
    number = numbers.ravel()[points]
    by_piece = np.argsort(number, kind="stable")
    firsts = np.searchsorted(number[by_piece], np.arange(1, count))  # 0 is what is not in the mask
    left, top = (np.minimum.reduceat(along[by_piece], firsts) for along in (x, y))
    w, h = (np.maximum.reduceat(along[by_piece], firsts) + 1 - least for along, least in ((x, left), (y, top)))
    brightest = np.maximum.reduceat(greys.ravel()[points][by_piece], firsts)
    like = (h >= LEAST) & (h <= MOST) & (w <= 4 * h) & (8 * np.bincount(number)[1:] >= w * h)
    pieces = np.stack([left, top, w, h, brightest], axis=1)[like]
    return np.asarray(pieces[np.lexsort(pieces.T[::-1])], np.int32)


def _longest_row(pieces: Pieces) -> int:
    """How many pieces at most stand side by side on a line, of like height and grey, no further apart than high."""
    rows = np.ones(len(pieces), np.int32)
    firsts = np.searchsorted(pieces[:, 0], pieces[:, 0] - 5 * MOST)
    for last, (x, y, w, h, grey) in enumerate(pieces.tolist()):
        before = pieces[firsts[last] : last]
        tall = np.maximum(before[:, 3], h)
        gap = x - before[:, 0] - before[:, 2]
        fits = (gap <= tall) & (10 * gap >= -3 * np.minimum(before[:, 2], w))
        fits &= 4 * np.abs(before[:, 1] + before[:, 3] - y - h) <= tall
        fits &= (10 * tall <= 17 * np.minimum(before[:, 3], h)) & (np.abs(before[:, 4] - grey) <= ONE_GREY)
        if fits.any():
            rows[last] += rows[firsts[last] : last][fits].max()
    return int(rows.max(initial=0))
