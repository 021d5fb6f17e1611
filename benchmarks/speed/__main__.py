"""``python -m benchmarks.speed [--json FILE] [--device cpu|cuda] [--only training labelling scoring]``."""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import overread_worker  # noqa: F401 - says how threads wait, before torch is loaded


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and (with --json) write the numbers; 2 when a GPU is asked for and there is none."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--json", type=Path, help="also write the numbers here")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--only", nargs="+", choices=("training", "labelling", "scoring"), help="these parts alone")
    chosen = parser.parse_args(arguments)
    if chosen.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""  # before torch is imported: the product takes the GPU that it sees
    import torch

    if chosen.device == "cuda" and not torch.cuda.is_available():
        print("There is no GPU here that PyTorch can use; measure the processor with --device cpu.", file=sys.stderr)
        return 2
    found: list[Any] = []
    for name, part in parts(chosen.device).items():
        if chosen.only is None or name in chosen.only:
            with tempfile.TemporaryDirectory(prefix="overread-speed-") as folder:
                for measurement in part(Path(folder)):
                    print(*measurement.lines(), sep="\n", flush=True)
                    found.append(measurement)
    for measurement in found:
        print(*(goal.line() for goal in measurement.goals), sep="\n")
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(report(chosen.device, found), indent=2))
    return 0


def parts(device: str) -> dict[str, Callable[[Path], Any]]:
    """What is measured on a device, by name."""
    from benchmarks.speed import labelling, scoring, training

    return {
        "training": lambda folder: training.measure(folder, training.CUDA if device == "cuda" else training.CPU),
        "labelling": lambda folder: labelling.measure(folder, labelling.CUDA if device == "cuda" else labelling.CPU),
        "scoring": lambda _folder: scoring.score(),
    }


def report(device: str, measurements: Sequence[Any]) -> dict[str, Any]:
    """The numbers with the machine that gave them, as JSON takes them."""
    import torch

    name = torch.cuda.get_device_name() if device == "cuda" else platform.processor() or platform.machine()
    return {
        "machine": {"device": name, "cores": os.cpu_count(), "torch": torch.__version__},
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "measurements": [
            asdict(one) | {"goals": [asdict(goal) | {"met": goal.met} for goal in one.goals]} for one in measurements
        ],
    }


if __name__ == "__main__":
    sys.exit(main())
