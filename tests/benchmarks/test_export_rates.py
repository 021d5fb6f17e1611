"""The benchmark of exports runs, in each format, and says what it measured."""

import json
from pathlib import Path
from typing import get_args

import pytest

from benchmarks import exports
from overread.domain.words import ExportFormat, SourceFormat


def test_every_format_of_labels_has_a_goal() -> None:
    assert set(exports.SHARES) == set(get_args(ExportFormat)) - set(get_args(SourceFormat))


def test_exports_run_and_their_goals_are_printed_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--films", "2", "6", "--pictures", "2", "3", "--masks", "7", "--formats", "coco", "webdataset"]
    assert exports.main([*words, "--json", str(tmp_path / "told.json")]) == 0
    said = capsys.readouterr().out
    assert "goal export_coco_share" in said
    told = json.loads((tmp_path / "told.json").read_text())
    assert {goal["name"]: goal["value"] > 0 for goal in told["goals"]} == {
        f"export_{form}_{what}": True for form in ("coco", "webdataset") for what in ("share", "memory")
    }
