"""What a JPEG or a JPEG-LS is by its markers, and whether it is whole. Runs in the limited child."""

import os
import re
import struct
from collections.abc import Callable, Iterator
from typing import TypeVar

from overread.domain.errors import UnreadableImage

T = TypeVar("T")
END, SCAN, FILL = 0xD9, 0xDA, 0xFF
BARE = {0x00, 0x01, *range(0xD0, 0xD9)}  # markers that no segment begins with
# Ends compressed pixels: neither a byte of theirs (after FF, 0 in a JPEG and below 128 in a JPEG-LS) nor a restart.
_AFTER_PIXELS = re.compile(rb"\xff[\x80-\xcf\xd8-\xfe]")
_WARNING = re.compile(r"(?:Corrupt JPEG|Premature end of JPEG|Inconsistent progression)[^\n]*")


def jpeg_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Where the body of each segment starts and what its marker is, up to the compressed pixels."""
    place = 2
    while place + 12 <= len(data) and data[place] == 0xFF and data[place + 1] != SCAN:
        if data[place + 1] == FILL:
            place += 1
            continue
        yield place + 4, data[place + 1]
        place += 2 + struct.unpack_from(">H", data, place + 2)[0]


def jpeg_frame(data: bytes) -> tuple[int, int, int, int, int] | None:
    """Marker, bits, rows, columns and channels of a JPEG or JPEG-LS, by its frame's header; None without one."""
    for place, marker in jpeg_segments(data):
        if (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)) or marker == 0xF7:
            bits, rows, columns, channels = struct.unpack_from(">BHHB", data, place)
            return marker, bits, rows, columns, channels
    return None


def check_whole(data: bytes) -> None:
    """Refuse a JPEG or JPEG-LS that is cut off, or whose segments do not follow on one another from its first to its
    end: decoders fill what is missing with grey, and one dies of what stands between segments."""
    place = 2
    while place + 2 <= len(data):
        marker = data[place + 1]
        if data[place] != 0xFF or marker in BARE:
            raise UnreadableImage("the JPEG is damaged: what lies between two of its segments is none")
        if marker == END:
            return
        if marker == FILL:
            place += 1
            continue
        if place + 4 > len(data):
            break
        place += 2 + max(2, struct.unpack_from(">H", data, place + 2)[0])
        if marker == SCAN:
            found = _AFTER_PIXELS.search(data, place)
            place = found.start() if found else len(data)
    raise UnreadableImage("the JPEG is truncated: its end is missing")


def unwarned(decode: Callable[[], T]) -> T:
    """What ``decode`` returns; raises UnreadableImage where its library, which goes on over damage as if nothing were,
    has said on stderr that the JPEG is corrupt."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    before = os.dup(2)
    os.dup2(writing, 2)
    try:
        decoded = decode()
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(writing)
        with os.fdopen(reading, "rb") as said:
            warning = _WARNING.search(said.read().decode("latin-1"))
    if warning is not None:
        raise UnreadableImage(f"the JPEG is damaged: {ascii(warning[0])[1:-1][:80]}")
    return decoded
