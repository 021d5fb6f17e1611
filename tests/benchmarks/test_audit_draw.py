"""The benchmark of the draw runs small and tells its goals."""

import json
from pathlib import Path

import pytest

from benchmarks.audit_draw import main


def test_it_prints_goals_and_writes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--films", "50", "200", "--repeats", "1", "--json", str(tmp_path / "draw.json")]) == 0
    assert "goal audit draw 200 films x 5 s" in capsys.readouterr().out
    written = json.loads((tmp_path / "draw.json").read_text())
    assert set(written["seconds"]) == {"50", "200"}
    assert len(written["goals"]) == 2
