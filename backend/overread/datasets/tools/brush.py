"""Label Studio's brush: runs packed into bits, as the package rle-pack writes them.

In order, the highest bit first: 32 bits, how many values; 5, the bits of a value less 1; four times 4, the bits of four
kinds of length less 1. Then blocks: 1 bit, whether one value is repeated; 2, the kind of its length; the length less 1;
the value, or as many values as the length says. The values are red, green, blue and alpha of each pixel, row by row.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from overread.datasets.tools.shapes import Pixels, Size
from overread.domain.errors import InvalidMask

CHANNELS, WORD = 4, 8


def unpack(packed: Sequence[object], size: Size) -> Pixels:
    """The mask (height, width): where alpha is half of its most, and more. Raises InvalidMask unless it fills exactly
    this size."""
    height, width = size
    if not all(isinstance(one, int) and 0 <= one <= 255 for one in packed):
        raise InvalidMask("its rle is no list of bytes")
    alpha = _values(bytes(packed), height * width * CHANNELS)[CHANNELS - 1 :: CHANNELS].reshape(size)  # type: ignore[arg-type]
    return np.asarray(alpha >= (int(alpha.max(initial=1)) + 1) // 2)


def _values(packed: bytes, count: int) -> NDArray[np.uint8]:
    """All that is packed (count,)."""
    bits = _Bits(packed)
    if bits.take(32) != count:
        raise InvalidMask("its rle is of another size than the film")
    if bits.take(5) + 1 != WORD:
        raise InvalidMask("its rle is not of eight bits a value")
    lengths = [bits.take(4) + 1 for _ in range(4)]
    values = np.zeros(count, np.uint8)
    place = 0
    while place < count:
        repeated = bits.take(1)
        end = place + 1 + bits.take(lengths[bits.take(2)])
        if end > count:
            raise InvalidMask("its rle runs past the film")
        values[place:end] = bits.take(WORD) if repeated else [bits.take(WORD) for _ in range(place, end)]
        place = end
    return values


class _Bits:
    """Bytes, taken bit by bit."""

    def __init__(self, data: bytes) -> None:
        self._data, self._place = data, 0

    def take(self, count: int) -> int:
        """The number in the next bits, the highest first; raises InvalidMask at the end."""
        end = self._place + count
        if end > 8 * len(self._data):
            raise InvalidMask("its rle ends in the middle of a run")
        some = int.from_bytes(self._data[self._place // 8 : -(-end // 8)], "big")
        self._place = end
        return some >> (-end % 8) & ((1 << count) - 1)
