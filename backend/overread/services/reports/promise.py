"""Where the last report of the benchmark of the promise lies (docs/bias.md)."""

from pathlib import Path

SHIPPED = Path(__file__).resolve().parents[2] / "measured" / "promise.json"


def find_report(data_folder: Path) -> tuple[Path, bool]:
    """The report of ``overread benchmark bias`` below the data folder and True; without one the release's and False."""
    own = data_folder / "bias" / "standard" / "report.json"
    return (own, True) if own.is_file() else (SHIPPED, False)
