"""What the demo came to, kept beside its data for the page that draws it: one teacher, a student of its labels as they
are, and a student of audit and gate."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from overread.domain.imaging.beside import Beside

NAME = "demo.json"


@dataclass(frozen=True)
class Reading:
    """What the audit cost: films read of those in the pool, reads (film × finding), how many of them changed a mask,
    and the seconds that the reads hold."""

    films: int
    pool: int
    reads: int
    fixed: int
    seconds: float


@dataclass(frozen=True)
class LetIn:
    """Of a finding's labels that may teach the student, how many the teacher decided and how many were let in, and
    whether the finding was withheld. Where a machine teaches contours alone, negatives are in neither number."""

    finding: str
    decided: int
    let_in: int
    withheld: bool


@dataclass(frozen=True)
class DemoReport:
    """``teacher``: the hash of the checkpoint that both arms share. ``beside`` compares teacher, unread and read on the
    external films. Projects and the audit by their ids."""

    seed: int
    teacher: str
    read_project: int
    unread_project: int
    audit: int
    beside: Beside
    reading: Reading
    let_in: tuple[LetIn, ...]


def write_demo(data_folder: Path, report: DemoReport) -> None:
    """Keep it; the file is there whole, or as it was."""
    part = data_folder / f"{NAME}.part"
    part.write_text(json.dumps(asdict(report), indent=1))
    part.replace(data_folder / NAME)


def find_demo(data_folder: Path) -> Path | None:
    """Where the demo's report lies; None where no demo has ended in this folder."""
    path = data_folder / NAME
    return path if path.is_file() else None
