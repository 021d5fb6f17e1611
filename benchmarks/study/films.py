"""The films of a study, written once: labelled, development and pool of each seed, one test set for all of them.

Truth of pool and test lies in ``hidden/``, apart from the films. ``scoring`` opens it, and the oracle arm; nobody else
has its path. Every other file of pool films names no lesion at all.
"""

import csv
import hashlib
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.films import store_film
from benchmarks.study.notes import SOURCE, missing, refuse_empty, tell
from benchmarks.study.plan import StudyPlan, split_source
from benchmarks.study.twins import Floats, fingerprint, together, twins
from overread.datasets import READERS
from overread.datasets.phantoms.phantom import Phantom, make_film
from overread.datasets.reading import Entry
from overread.domain.errors import InvalidInput, InvalidMask, UnreadableImage
from overread.storage import BlobStore
from overread_worker.ml.dataset import TrainingItem
from overread_worker.ml.train import TrainingData

Items = list[TrainingItem]
# Of a real source's patients; what is left is the pool, nine times the labelled films and more.
TEST, LABELLED, DEVELOPMENT = 0.2, 0.07, 0.07
FEWEST = 30


class Leak(InvalidInput):
    """An arm that is no oracle was about to learn from hidden truth."""

    type, title = "leak", "Hidden truth leaked"


@dataclass(frozen=True)
class Sets:
    """What the arms of a seed may see: pool films carry no target. ``films`` holds all films."""

    labelled: Items
    development: Items
    pool: Items
    films: BlobStore


def sets_of(plan: StudyPlan, seed: int, folder: Path) -> Sets:
    """The films of a seed, made or read the first time they are asked for."""
    place = folder / "sets" / str(seed)
    if not (place / "complete").exists():
        split = _phantom(plan, seed, folder) if plan.source == "phantom" else _read(plan, seed, folder)
        refuse_empty(split, plan.findings)
        tell(folder, seed, list(missing(split, plan.findings)))
        for name, items in split.items():
            hidden = folder / "hidden" / str(seed) / f"{name}.jsonl"
            if name in ("pool", "test"):
                write_items(items, hidden)
            if name != "test":
                bare = [replace(item, counts={}, weights={}) for item in items] if name == "pool" else items
                write_items(bare, place / f"{name}.jsonl")
        (place / "complete").touch()
    labelled, development, pool = (
        list(read_items(place / f"{name}.jsonl", folder)) for name in ("labelled", "development", "pool")
    )
    return Sets(labelled, development, pool, _films(folder))


def hidden_truth(folder: Path, seed: int, name: str) -> Items:
    """Pool or test films with their truth. For the scorer and the oracle only."""
    return list(read_items(folder / "hidden" / str(seed) / f"{name}.jsonl", folder))


def refuse_leak(data: TrainingData, sets: Sets, read: frozenset[tuple[str, str]] = frozenset()) -> None:
    """Raise Leak unless people's targets are on labelled films or among those ``read`` (film, finding), a machine's on
    pool films, and nothing else teaches."""
    labelled = {item.image for item in sets.labelled}
    pool = {item.image for item in sets.pool}
    for item in data.items:
        by_people = set(item.counts) - item.machine
        known = item.image in pool and all((item.image.name, finding) in read for finding in by_people)
        if known or (item.image in labelled and not item.machine):
            continue
        raise Leak(f"A target of film {item.image.name[:12]} is neither a labelled film's nor a machine's.")
    if not {item.image for item in data.development} <= {item.image for item in sets.development}:
        raise Leak("A film outside the development set was to choose thresholds.")
    if not set(data.pool) <= pool:
        raise Leak("A film outside the pool was to be learned from without a label.")


def write_items(items: Iterable[TrainingItem], path: Path) -> None:
    """One JSON line a film; the counts are COCO's. The file is there whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("w") as file:
        for item in items:
            counts = {f: one and one.decode() for f, one in item.counts.items()}
            line = {"film": item.image.name, "size": [item.height, item.width], "patient": item.patient}
            print(json.dumps(line | {"counts": counts}), file=file)
    part.replace(path)


def read_items(path: Path, folder: Path) -> Iterator[TrainingItem]:
    """What ``write_items`` wrote."""
    films = _films(folder)
    for line in path.read_text().splitlines():
        values = json.loads(line)
        height, width = values["size"]
        counts = {f: one and one.encode() for f, one in values["counts"].items()}
        weights = dict.fromkeys(counts, 1.0)
        yield TrainingItem(films.path(values["film"]), height, width, values["patient"], counts, weights)


def _films(folder: Path) -> BlobStore:
    return BlobStore(folder / "films")


def _phantom(plan: StudyPlan, seed: int, folder: Path) -> dict[str, Items]:
    """Hospitals of their own for each seed; the test set is the same whatever the seed."""
    sizes, size = plan.sizes, max(recipe.size for recipe in plan.recipes)
    away = (sizes.shift, sizes.distractors)
    hospitals = {
        "labelled": (sizes.labelled, 3 * seed + 1, 0.0, 0.0),
        "development": (sizes.development, 3 * seed + 2, 0.0, 0.0),
        "pool": (sizes.pool, 3 * seed + 3, *away),
        "test": (sizes.test, 0, *away),
    }
    split: dict[str, Items] = {}
    for name, (count, own, shift, distractors) in hospitals.items():
        prevalence = dict.fromkeys(plan.findings, sizes.prevalence)
        phantom = Phantom(count, size, own, shift, distractors, prevalence)
        split[name] = []
        for index in range(count):
            light, masks = make_film(phantom, index)
            pixels = np.rint(light * 255).astype(np.uint8)
            own_masks = {finding: masks[finding] for finding in plan.findings}
            split[name].append(store_film(_films(folder), pixels, own_masks, f"{own}-{index}"))
    return split


def _read(plan: StudyPlan, seed: int, folder: Path) -> dict[str, Items]:
    """A real source: test patients by the hash of their key, the others drawn anew for each seed."""
    everything = folder / "hidden" / "all.jsonl"
    if not everything.exists():
        found, notes = read_source(plan, folder)
        tell(folder, SOURCE, notes)
        write_items(found, everything)
    items = list(read_items(everything, folder))
    people = sorted({item.patient for item in items if item.counts})
    if len(people) < FEWEST:
        raise InvalidInput(f"{plan.source} has {len(people)} patients with masks; a study needs {FEWEST} or more.")
    test = {one for one in people if hashlib.sha256(f"study/{one}".encode()).digest()[0] < 256 * TEST}
    others = np.random.default_rng(seed).permutation([one for one in people if one not in test]).tolist()
    few = plan.labelled or round(len(people) * LABELLED)
    ends = [few, few + (plan.labelled or round(len(people) * DEVELOPMENT))]
    if len(others) < ends[1]:
        raise InvalidInput(
            f"Labelled and development films of {ends[1]} patients are asked for, and beside the test set there are "
            f"{len(others)}. Ask for fewer, or give more films."
        )
    role = dict.fromkeys(others, "pool") | dict.fromkeys(test, "test")
    role |= dict.fromkeys(others[: ends[0]], "labelled") | dict.fromkeys(others[ends[0] : ends[1]], "development")
    split: dict[str, Items] = {name: [] for name in ("labelled", "development", "pool", "test")}
    for item in items:
        name = role.get(item.patient, "pool")
        if item.counts or name == "pool":
            split[name].append(item)
    return split


def read_source(plan: StudyPlan, folder: Path) -> tuple[Items, list[str]]:
    """Every film that the reader gives and that can be decoded, and what is to be told of them.

    The same pixels twice count once; a film that names no patient is a patient of its own; near twins are of one
    patient, so that no draw sets them apart.
    """
    kind, path = split_source(plan.source)
    unknown = files_of(Path(path), plan.without_truth)
    items: dict[Path, TrainingItem] = {}
    prints: list[Floats] = []
    names: list[str] = []
    alone = 0
    for entry in READERS[kind](Path(path), list(plan.findings)):
        if not isinstance(entry, Entry):
            continue
        try:
            film = entry.load()
            masks = {f: mask for f, mask in entry.masks(film).items() if f in plan.findings}
        except (UnreadableImage, InvalidMask):
            continue
        known = {} if entry.file_name in unknown else masks
        item = store_film(_films(folder), film.pixels, known, entry.patient or entry.file_name)
        if item.image not in items:
            items[item.image] = item
            prints.append(fingerprint(film.pixels))
            names.append(entry.file_name)
            alone += entry.patient is None
    patients, shared = together([item.patient for item in items.values()], twins(prints))
    found = [replace(item, patient=one) for item, one in zip(items.values(), patients, strict=True)]
    return found, list(_told(alone, len(found), [(names[i], names[j]) for i, j in shared]))


def _told(alone: int, films: int, twins: list[tuple[str, str]]) -> Iterator[str]:
    if alone:
        yield f"{alone:,} of {films:,} films name no patient: each is taken for a patient of its own."
    if twins:
        yield (
            f"{len(twins):,} pairs of films under two patients are near twins, such as {twins[0][0]} and {twins[0][1]}."
            " Such patients are taken for one, and stay in one part."
        )


def files_of(folder: Path, groups: Collection[str]) -> set[str]:
    """The files of these groups, by the columns ``file`` and ``group`` of the folder's films.csv. Raises InvalidInput
    for a group that it does not name."""
    if not groups:
        return set()
    with (folder / "films.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    absent = set(groups) - {row["group"] for row in rows}
    if absent:
        raise InvalidInput(f"{folder / 'films.csv'} names no group {sorted(absent)[0]!r}.")
    return {row["file"] for row in rows if row["group"] in groups}
