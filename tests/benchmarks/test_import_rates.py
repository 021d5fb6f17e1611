"""The benchmark of imports runs, each kind of file comes in, and it says what it measured."""

import json
from pathlib import Path

import pytest

from benchmarks import imports
from overread.db.session import Database
from overread.storage import BlobStore


@pytest.mark.parametrize("kind", imports.WRITERS)
def test_each_kind_of_film_comes_in(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(imports, "SIDE", 96)
    monkeypatch.setattr(imports, "ROUNDS", 2)
    rate = imports.measure(database, BlobStore(tmp_path / "blobs", reserve=0), tmp_path, kind, 3)
    assert (rate.kind, rate.imported > 0, rate.decoded > 0) == (kind, True, True)


def test_its_goals_are_printed_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(imports, "measure", lambda *rest: imports.Rate(rest[3], 8.0, 10.0))
    assert imports.main(["--entries", "2001", "--json", str(tmp_path / "told.json")]) == 0
    said = capsys.readouterr().out
    assert "goal import_png_ratio 0.8 (≥ 0.8) met" in said
    assert "goal import_500k_entries_seconds" in said
    assert len(json.loads((tmp_path / "told.json").read_text())["goals"]) == 4
