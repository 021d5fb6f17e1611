"""The benchmark of the live estimate runs, and says what it measured."""

import json
from pathlib import Path

import pytest

from benchmarks.live_estimate import main, make_reads, make_strata


def test_it_runs_small(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "live.json"
    assert main(["--reads", "80", "--pool", "8000", "--json", str(report)]) == 0
    assert "goal live estimate" in capsys.readouterr().out
    assert json.loads(report.read_text())["median_ms"] > 0
    assert len(make_reads(make_strata(8000, 80))) == 80
