"""Sources as files, and what a reader makes of them."""

from pathlib import Path

import cv2
import numpy as np

from overread.datasets import READERS
from overread.datasets.reading import Entry, Refusal

FIVE = ["consolidation", "pneumothorax", "fibrosis", "pleural_effusion", "nodule"]


def write(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), pixels)


def read(
    reader: str, path: Path, findings: list[str] = FIVE, **options: object
) -> tuple[dict[str, Entry], list[Refusal]]:
    found = list(READERS[reader](path, findings, **options))
    return {e.file_name: e for e in found if isinstance(e, Entry)}, [r for r in found if isinstance(r, Refusal)]


def reasons(refusals: list[Refusal]) -> dict[str, str]:
    return {refusal.file_name: refusal.reason for refusal in refusals}


def masks_of(entry: Entry) -> dict[str, int]:
    return {finding: int(mask.sum()) for finding, mask in entry.masks(entry.load()).items()}
