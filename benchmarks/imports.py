"""``python -m benchmarks.imports [--json FILE] [--films 48] [--entries 20000]``: films a second of an import ÷
those of all cores that decode the same bytes and nothing else, and how long a folder of half a million files is read.

Films are the phantom's with noise of their own, 1,024 px and 16 bits (JPEG: 8), written anew for each round; an import
is the product's own into a private Postgres. Of the rounds the median is told.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from statistics import median

import cv2
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian, generate_uid

from benchmarks.goals import Goal
from overread.datasets import READERS
from overread.datasets.phantoms.phantom import Phantom, make_film
from overread.datasets.reading import Entry
from overread.db.session import Database, migrate
from overread.embedded import embedded
from overread.services.films.imports import import_source
from overread.services.films.projects import NewSource, create_project, create_source
from overread.storage import BlobStore

SIDE, ROUNDS, KINDS = 1024, 3, 8
RATIO, ENTRIES, ENTRIES_S = 0.8, 500_000, 60.0
Pixels = NDArray[np.uint16]


@dataclass(frozen=True)
class Rate:
    """Films a second, of an import and of decoding alone."""

    kind: str
    imported: float
    decoded: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print with the goals, and (with --json) write the numbers."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports", description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    parser.add_argument("--films", type=int, default=48, help="of each kind and round")
    parser.add_argument("--entries", type=int, default=20_000, help="files of the folder that is only read")
    chosen = parser.parse_args(arguments)
    machine = {"cores": os.cpu_count(), "load": os.getloadavg()[0]}
    print(f"{machine['cores']} cores, load {machine['load']:.1f}")
    with tempfile.TemporaryDirectory(prefix="overread-imports-") as folder, embedded(Path(folder) / "data") as servers:
        migrate(servers.database_url)
        database = Database(servers.database_url, pool_size=2)
        blobs = BlobStore(Path(folder) / "blobs")
        rates = [measure(database, blobs, Path(folder), kind, chosen.films) for kind in WRITERS]
        seconds = list_entries(Path(folder) / "entries", chosen.entries) * ENTRIES / chosen.entries
        database.engine.dispose()
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
    print(f"peak memory of one process {peak:.0f} MiB")
    goals = [Goal(f"import_{rate.kind}_ratio", rate.imported / rate.decoded, RATIO) for rate in rates]
    goals.append(Goal("import_500k_entries_seconds", seconds, ENTRIES_S, least=False))
    print(*(goal.line() for goal in goals), sep="\n")
    if chosen.json is not None:
        report = {"machine": machine, "rates": [asdict(rate) for rate in rates], "peak_mib": peak}
        told = [asdict(goal) | {"met": goal.met} for goal in goals]
        chosen.json.write_text(json.dumps(report | {"goals": told}, indent=2))
    return 0


def measure(database: Database, blobs: BlobStore, folder: Path, kind: str, films: int) -> Rate:
    """The median of the rounds; each has films of its own, since the same come in once."""
    imported, decoded = [], []
    for number in range(ROUNDS):
        place = folder / f"{kind}-{number}"
        place.mkdir()
        for index in range(films):
            pixels = film(index, np.random.default_rng((number, index, len(kind))))
            (place / f"{index}.{kind}").write_bytes(WRITERS[kind](pixels))
        with ProcessPoolExecutor() as pool:
            list(pool.map(abs, range(64)))  # they are there before the clock runs
            decoded.append(films / timed(lambda: list(pool.map(decode, sorted(place.iterdir())))))  # noqa: B023
        imported.append(films / timed(partial(bring_in, database, blobs, place)))
    rate = Rate(kind, median(imported), median(decoded))
    print(f"{kind:<5} imported {rate.imported:6.1f} films/s, decoded {rate.decoded:6.1f} films/s", flush=True)
    return rate


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def film(index: int, chance: np.random.Generator) -> Pixels:
    """A film (SIDE, SIDE) of 12 bits: few bodies, each time in another light."""
    light = _body(index % KINDS)
    return np.asarray(np.rint(4000 * light + chance.normal(0, 8, light.shape)).clip(0, 4095), np.uint16)


def _body(number: int, made: dict[int, NDArray[np.float32]] = {}) -> NDArray[np.float32]:  # noqa: B006
    if number not in made:
        made[number] = make_film(Phantom(size=SIDE, seed=5), number)[0]
    return made[number]


def to_dicom(pixels: Pixels) -> bytes:
    """Explicit VR Little Endian, as most machines send it."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID = ExplicitVRLittleEndian, ComputedRadiographyImageStorage
    meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset = FileDataset("", {}, file_meta=meta, preamble=bytes(128))
    dataset.Modality, dataset.PatientID = "CR", generate_uid()[-12:]
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = *pixels.shape, 1
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    dataset.PhotometricInterpretation, dataset.PixelSpacing = "MONOCHROME2", [0.14, 0.14]
    dataset.PixelData = pixels.tobytes()
    out = BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


WRITERS: dict[str, Callable[[Pixels], bytes]] = {
    "png": lambda pixels: cv2.imencode(".png", pixels * 16)[1].tobytes(),
    "jpg": lambda pixels: cv2.imencode(".jpg", (pixels >> 4).astype(np.uint8))[1].tobytes(),
    "dcm": to_dicom,
}


def decode(path: Path) -> int:
    """The pixels of a file, by the libraries alone: how many."""
    if path.suffix == ".dcm":
        return int(pydicom.dcmread(path).pixel_array.size)
    pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return pixels.size


def bring_in(database: Database, blobs: BlobStore, folder: Path) -> None:
    """Import a folder into a project of its own."""
    with database.transaction() as session:
        project = create_project(session, folder.name, ["nodule"], holdout=0.0)
        new = NewSource(folder.name, "folder", "pool", "made", str(folder))
        source = create_source(session, project.id, new).id
    outcomes = import_source(database, blobs, source)
    assert set(outcomes) == {"added"}, outcomes


def list_entries(folder: Path, files: int) -> float:
    """Seconds until a reader has named so many films, none of them loaded."""
    for number in range(files):
        if number % 1000 == 0:
            place = folder / f"p{number // 1000:04d}"
            place.mkdir(parents=True)
        (place / f"{number}.png").touch()
    return timed(lambda: sum(isinstance(entry, Entry) for entry in READERS["folder"](folder, ["nodule"])))


if __name__ == "__main__":
    sys.exit(main())
