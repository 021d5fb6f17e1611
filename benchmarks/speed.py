"""Labelling and scoring against the bare limit: ``python -m benchmarks.speed [--json FILE]``."""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import worker  # noqa: F401 - mends torchvision beside a CPU torch
from backend.datasets.phantom import Phantom, make_film
from backend.domain.films import pack_film
from backend.domain.metrics import dice_curve, histograms
from backend.recipes import load
from worker.ml.checkpoint import save_network
from worker.ml.dataset import read_film
from worker.ml.label import BATCH, label
from worker.ml.network import build
from worker.ml.predict import Members

FINDINGS = ["consolidation", "pneumothorax", "fibrosis", "pleural_effusion", "nodule"]
REPEATS = 5


def median_seconds(step: Callable[[], object]) -> float:
    """The median of a few runs, after one that does not count."""
    step()
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        step()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def labelling_share(folder: Path) -> float:
    """Bare forward passes ÷ labelling (read, resize, ensemble, masks, agreement) of the same films: 1 is the limit."""
    recipe = load("demo-student")
    checkpoint = folder / "network.safetensors"
    save_network(build(recipe, len(FINDINGS)), recipe, FINDINGS, checkpoint)
    paths = []
    for index in range(4 * BATCH):
        light, _ = make_film(Phantom(size=recipe.size, seed=0), index)
        paths.append(folder / str(index))
        paths[-1].write_bytes(pack_film(np.rint(light * 255).astype(np.uint8)))
    members = Members([checkpoint], FINDINGS)
    films = np.stack([read_film(path, recipe.size) for path in paths])

    def bare() -> None:
        for start in range(0, len(films), BATCH):
            members.predict(films[start : start + BATCH])

    whole = median_seconds(lambda: list(label(enumerate(paths), [checkpoint], recipe, FINDINGS)))
    return median_seconds(bare) / whole


def scoring_speed_up() -> float:
    """A plain loop over thresholds ÷ our one pass, for Dice at every threshold of a 512-px map."""
    rng = np.random.default_rng(0)
    probability, reference = rng.integers(0, 256, (512, 512)).astype(np.uint8), rng.random((512, 512)) < 0.1

    def loop() -> None:
        for level in range(256):
            mask = probability >= level
            2 * (mask & reference).sum() / (mask.sum() + reference.sum())

    return median_seconds(loop) / median_seconds(lambda: dice_curve(*histograms(probability, reference)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    file: Path | None = parser.parse_args().json
    with tempfile.TemporaryDirectory() as folder:
        found = {"labelling_share": labelling_share(Path(folder)), "scoring_speed_up": scoring_speed_up()}
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, medians of {REPEATS}")
    for name, goal in (("labelling_share", 0.9), ("scoring_speed_up", 50.0)):
        print(f"goal {name} {found[name]:.2f} (≥ {goal}) {'met' if found[name] >= goal else 'missed'}")
    if file is not None:
        file.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
