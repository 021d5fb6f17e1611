"""``python -m benchmarks.exports [--json FILE] [--films 500 2000] [--pictures 200 400]``: labels a second that go out,
÷ those of a bare limit, and whether memory grows.

Five labels a film of 512 px lie in a private Postgres. The limit reads the same rows by a cursor of the server's,
unpacks their masks and writes them; of a folder it also reads the films, and writes films and masks by OpenCV. Seconds
are the exporting process' own of a processor, since its peak of memory is its own as well; each export is a new one.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import re
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TypeVar, get_args

import cv2
import numpy as np
import psycopg
from pycocotools import mask as coco
from sqlalchemy import make_url

from benchmarks.export_rows import SIDE, hang_labels, lesion
from benchmarks.goals import Goal
from overread.db.session import Database, migrate
from overread.domain.imaging.films import pack_film, unpack_film
from overread.domain.words import ExportFormat, TextFormat
from overread.embedded import embedded
from overread.services.exports import formats
from overread.services.exports.labels import LabelFilter
from overread.storage import BlobStore

MEMORY = 1.1  # times that of few films
SHARES: dict[ExportFormat, float] = {
    "jsonl": 0.1, "coco": 0.05, "boxes": 0.1, "siim": 0.02, "png": 0.5, "nnunet": 0.5, "seg": 0.1, "parquet": 0.5,
    "webdataset": 0.5,
}  # fmt: skip
Kind = TypeVar("Kind")
ROWS = """
select image.id, image.sha256, pseudo_label.finding, decision, presence, agreement, risk, weight, counts from image
join pseudo_label on pseudo_label.image_id = image.id left join mask on mask.id = mask_id
where image.project_id = %s order by image.id
"""


@dataclass(frozen=True)
class Place:
    """Where labels come from and go to."""

    url: str
    blobs: Path
    project: int
    to: Path


@dataclass(frozen=True)
class Took:
    """What an export or its limit took: labels a second of a processor, and the peak of its memory in MiB."""

    labels_s: float
    peak: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print with the goals, and (with --json) write the numbers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exports", description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    parser.add_argument("--films", type=int, nargs=2, default=[500, 2000], help="few and more, for one text")
    parser.add_argument("--pictures", type=int, nargs=2, default=[200, 400], help="few and more, for a folder")
    parser.add_argument("--formats", nargs="+", choices=list(SHARES), default=list(SHARES))
    parser.add_argument("--masks", type=int, default=5000, help="that differ")
    chosen = parser.parse_args(arguments)
    machine = {"cores": os.cpu_count(), "load": os.getloadavg()[0]}
    print(f"{machine['cores']} cores, load {machine['load']:.1f}", flush=True)
    with tempfile.TemporaryDirectory(prefix="overread-exports-") as name, embedded(Path(name) / "data") as servers:
        migrate(servers.database_url)
        blobs = BlobStore(Path(name) / "blobs")
        sizes = [*(made_up(count) for count in chosen.films), *(with_pixels(blobs, n) for n in chosen.pictures)]
        chance = np.random.default_rng(7)
        masks = [lesion(chance) for _ in range(chosen.masks)]
        for project, films in enumerate(sizes, start=1):
            hang_labels(servers.database_url, project, films, masks)
        places = [Place(servers.database_url, blobs.folder, project, Path(name)) for project in (1, 2, 3, 4)]
        goals = [goal for form in chosen.formats for goal in measure(form, places)]
    print(*(goal.line() for goal in goals), sep="\n")
    if chosen.json is not None:
        told = [asdict(goal) | {"met": goal.met} for goal in goals]
        chosen.json.write_text(json.dumps({"machine": machine, "goals": told}, indent=2))
    return 0


def made_up(films: int) -> list[str]:
    """Hashes of films that nobody looks at."""
    return [hashlib.sha256(f"{films} {number}".encode()).hexdigest() for number in range(films)]


def with_pixels(blobs: BlobStore, films: int) -> list[str]:
    """Films (SIDE, SIDE) of smooth noise in the store, by their hashes."""
    chance = np.random.default_rng(films)
    noise = (chance.integers(0, 256, (SIDE, SIDE)).astype(np.uint8) for _ in range(films))
    return [blobs.put(pack_film(np.asarray(cv2.GaussianBlur(one, (0, 0), 2), np.uint8))) for one in noise]


def measure(form: ExportFormat, places: Sequence[Place]) -> list[Goal]:
    """The goals of a format: few films, more of them, and the limit for those."""
    text = form in get_args(TextFormat)
    few, more = places[:2] if text else places[2:]
    less, took, limit = apart(export, few, form), apart(export, more, form), limit_of(more, not text)
    print(
        f"{form:<11}{took.labels_s:8,.0f} labels a processor's second, bare {limit.labels_s:8,.0f}; peak of memory "
        f"{less.peak:.0f} and {took.peak:.0f} MiB",
        flush=True,
    )
    return [
        Goal(f"export_{form}_share", took.labels_s / limit.labels_s, SHARES[form]),
        Goal(f"export_{form}_memory", took.peak / less.peak, MEMORY, least=False),
    ]


@cache
def limit_of(place: Place, pictures: bool) -> Took:
    """``bare``, once for all formats."""
    return apart(bare, place, pictures)


def apart(work: Callable[[Place, Kind], Took], place: Place, how: Kind) -> Took:
    """In a process of its own."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, place, how).result()


def export(place: Place, form: ExportFormat) -> Took:
    """As the command does it."""
    if form in ("seg", "parquet"):
        import_module(f"overread.services.exports.{form}")  # which takes a second
    database = Database(place.url, pool_size=1)
    with database.transaction() as session:
        where = LabelFilter(finding="a" if form == "siim" else None)
        settled = formats.settle(session, place.project, where, form)
    began = time.process_time()
    with tempfile.TemporaryDirectory(dir=place.to) as to:
        counts = formats.write(database, BlobStore(place.blobs), settled, form, Path(to) / "out")
    labels = counts.total() - counts["films"]
    return Took(labels / (time.process_time() - began), peak())


def bare(place: Place, pictures: bool) -> Took:
    """The same rows and bytes, and nothing of ours."""
    url = make_url(place.url).set(drivername="postgresql").render_as_string(hide_password=False)
    labels, before = 0, ""
    began = time.process_time()
    with (
        psycopg.connect(url) as connection,
        connection.cursor("bare") as cursor,
        tempfile.TemporaryFile(dir=place.to) as file,
    ):
        cursor.itersize = 2000
        for _, sha256, *told, packed in cursor.execute(ROWS, (place.project,)):
            labels += 1
            counts = b"" if packed is None else zlib.decompress(packed)
            file.write(repr(told).encode() + counts)
            if pictures and sha256 != before:
                before = sha256
                film = unpack_film((place.blobs / sha256[:2] / sha256).read_bytes())
                file.write(cv2.imencode(".png", film)[1].tobytes())
            if pictures:
                mask = (
                    coco.decode({"size": [SIDE, SIDE], "counts": counts})
                    if counts
                    else np.zeros((SIDE, SIDE), np.uint8)
                )
                file.write(cv2.imencode(".png", mask * 255)[1].tobytes())
    return Took(labels / (time.process_time() - began), peak())


def peak() -> float:
    """The most memory that this process has had, in MiB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None, "Linux tells it"
    return int(found[1]) / 1024


if __name__ == "__main__":
    sys.exit(main())
