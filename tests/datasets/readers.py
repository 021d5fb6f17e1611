"""What a reader finds in a folder."""

from pathlib import Path

from overread.datasets import READERS
from overread.datasets.reading import Entry, Refusal

FINDINGS = ["consolidation", "pneumothorax", "fibrosis", "pleural_effusion", "nodule"]


def found(reader: str, path: Path, **options: object) -> tuple[dict[str, Entry], list[Refusal]]:
    """Entries by file name, and refusals."""
    told = list(READERS[reader](path, FINDINGS, **options))
    return {one.file_name: one for one in told if isinstance(one, Entry)}, [r for r in told if isinstance(r, Refusal)]
