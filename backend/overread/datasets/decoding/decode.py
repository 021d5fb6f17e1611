"""Bytes → Film, in a limited child process: hostile bytes end as UnreadableImage, never as our crash."""

import atexit
import json
import os
import select
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overread.datasets.reading import MAX_PIXELS, Film
from overread.domain.errors import UnreadableImage
from overread.unprivileged import leaving_network

MAX_BYTES = 512 << 20
WALL_SECONDS = 60.0
Question = list[str] | dict[str, str] | str  # as ``decode_child`` understands it


class Decoder:
    """One child that decodes many files; a new one is started when it dies."""

    def __init__(self, wall_seconds: float = WALL_SECONDS) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = Lock()
        self._wall_seconds = wall_seconds

    def decode(self, data: bytes) -> Film:
        """The film in these bytes (PNG, JPEG, TIFF, BMP or DICOM); raises UnreadableImage with the reason."""
        header, pixels = self._ask(data, [])
        kind = np.uint8 if header["bits"] == 8 else np.uint16
        shape = (header["height"], header["width"])
        spacing = tuple(header["spacing"]) if header["spacing"] else None
        return Film(np.frombuffer(pixels, kind).reshape(shape), spacing, tuple(header["remarks"]))

    def decode_mask(self, data: bytes) -> NDArray[np.bool_]:
        """The lesion (height, width) in the bytes of a mask's PNG, TIFF or BMP; raises UnreadableImage with why."""
        return self._pixels(data, "mask")

    def decode_map(self, data: bytes, *, colours: bool) -> NDArray[np.uint16] | NDArray[np.uint32]:
        """The numbers (uint16) or the colours (uint32, 0xRRGGBB) in a label map's PNG (height, width); raises
        UnreadableImage with the reason."""
        return self._pixels(data, "colours" if colours else "values")

    def segments(self, data: bytes) -> tuple[dict[int, str], list[int], list[str]]:
        """The labels of a DICOM SEG by segment number, the segments that a machine drew alone, and the SOP instances
        that it labels; raises UnreadableImage."""
        header, _ = self._ask(data, "segments")
        labels = {int(number): label for number, label in header["labels"].items()}
        return labels, header["automatic"], header["instances"]

    def decode_segments(self, data: bytes, instance: str) -> NDArray[np.bool_]:
        """What a DICOM SEG marks on one film (segments, height, width), in the order of ``segments``; raises
        UnreadableImage."""
        return self._pixels(data, {"instance": instance})

    def drawn_segments(self, data: bytes, instance: str) -> list[str]:
        """The labels of the segments that a DICOM SEG has a frame of on one film; raises UnreadableImage."""
        found: list[str] = self._ask(data, {"drawn_on": instance})[0]["drawn"]
        return found

    def is_black(self, data: bytes) -> bool:
        """Whether a mask is a PNG that is black all over; raises UnreadableImage."""
        found: bool = self._ask(data, "black")[0]["black"]
        return found

    def find_patients(self, pattern: str, paths: bytes) -> list[str]:
        """What the pattern's group finds in each of a JSON list of paths; raises UnreadableImage."""
        found: list[str] = self._ask(paths, {"pattern": pattern})[0]["patients"]
        return found

    def read_tags(self, data: bytes, keywords: list[str]) -> dict[str, str]:
        """What a DICOM's header says under these keywords, "" where nothing; raises UnreadableImage."""
        tags: dict[str, str] = self._ask(data, keywords)[0]["tags"]
        return tags

    def _pixels(self, data: bytes, question: Question) -> NDArray[Any]:
        header, pixels = self._ask(data, question)
        return np.frombuffer(pixels, header["dtype"]).reshape(header["shape"])

    def _ask(self, data: bytes, question: Question) -> tuple[dict[str, Any], bytes]:
        if len(data) > MAX_BYTES:
            raise UnreadableImage(f"the file has {len(data) >> 20} MiB; at most {MAX_BYTES >> 20} are read")
        with self._lock:
            try:
                header, pixels = self._exchange(data, question)
            except (OSError, EOFError, TimeoutError) as error:
                self.close()
                raise UnreadableImage(
                    "decoding it crashed, hung or needed too much memory; the file is damaged or hostile"
                ) from error
        if "reason" in header:
            raise UnreadableImage(header["reason"])
        return header, pixels

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            for pipe in (self._child.stdin, self._child.stdout):
                with suppress(OSError):  # bytes that the dead child never took
                    if pipe is not None:
                        pipe.close()
            self._child = None

    def _exchange(self, data: bytes, question: Question) -> tuple[dict[str, Any], bytes]:
        deadline = time.monotonic() + self._wall_seconds
        child = self._child = self._child or _start()
        assert child.stdin is not None
        for message in (json.dumps(question).encode(), data):
            child.stdin.write(struct.pack(">I", len(message)) + message)
        child.stdin.flush()
        return json.loads(self._receive(child, deadline)), self._receive(child, deadline)

    def _receive(self, child: subprocess.Popen[bytes], deadline: float) -> bytes:
        return self._read(child, struct.unpack(">I", self._read(child, 4, deadline))[0], deadline)

    def _read(self, child: subprocess.Popen[bytes], size: int, deadline: float) -> bytes:
        assert child.stdout is not None
        pipe, parts = child.stdout.fileno(), []
        while size:
            if not select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError
            part = os.read(pipe, min(size, 1 << 20))
            if not part:
                raise EOFError
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def _start() -> subprocess.Popen[bytes]:
    # An environment without secrets or proxies, one thread: it decodes, and needs nothing else.
    environment = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(Path(__file__).parents[3]),  # the code that we run, wherever another is installed
        "OPENCV_IO_MAX_IMAGE_PIXELS": str(MAX_PIXELS),
        "OMP_NUM_THREADS": "1",
        # A film's memory serves the next film: pages that are new each time take a third of the child's time.
        "MALLOC_MMAP_THRESHOLD_": str(16 << 20),
        "MALLOC_TRIM_THRESHOLD_": str(32 << 20),
    }
    # -P: nothing that lies where we were started
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "overread.datasets.decoding.decode_child"],
        env=environment,
        preexec_fn=leaving_network(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


_idle: list[Decoder] = []  # this process's: as many as threads have decoded at once


@contextmanager
def _lent() -> Iterator[Decoder]:
    try:
        decoder = _idle.pop()
    except IndexError:
        decoder = Decoder()
        atexit.register(decoder.close)
    try:
        yield decoder
    finally:
        _idle.append(decoder)


def decode(data: bytes) -> Film:
    """Decode with a child of this process's; threads decode with one each."""
    with _lent() as decoder:
        return decoder.decode(data)


def decode_mask(data: bytes) -> NDArray[np.bool_]:
    """Decode a mask's file with a child of this process's."""
    with _lent() as decoder:
        return decoder.decode_mask(data)


def decode_map(data: bytes, *, colours: bool) -> NDArray[np.uint16] | NDArray[np.uint32]:
    """Decode a label map's PNG with a child of this process's."""
    with _lent() as decoder:
        return decoder.decode_map(data, colours=colours)


def segments(data: bytes) -> tuple[dict[int, str], list[int], list[str]]:
    """What a DICOM SEG labels, read by a child of this process's."""
    with _lent() as decoder:
        return decoder.segments(data)


def decode_segments(data: bytes, instance: str) -> NDArray[np.bool_]:
    """Decode a DICOM SEG with a child of this process's."""
    with _lent() as decoder:
        return decoder.decode_segments(data, instance)


def drawn_segments(data: bytes, instance: str) -> list[str]:
    """What a DICOM SEG draws on one film, read by a child of this process's."""
    with _lent() as decoder:
        return decoder.drawn_segments(data, instance)


def is_black(data: bytes) -> bool:
    """Whether a mask's PNG is black all over, seen by a child of this process's."""
    with _lent() as decoder:
        return decoder.is_black(data)


def find_patients(pattern: str, paths: bytes) -> list[str]:
    """Seek a pattern with a child of this process's, where it can be stopped."""
    with _lent() as decoder:
        return decoder.find_patients(pattern, paths)


def read_tags(data: bytes, keywords: list[str]) -> dict[str, str]:
    """Read a DICOM's header with a child of this process's: a header can be as hostile as pixels."""
    with _lent() as decoder:
        return decoder.read_tags(data, keywords)
