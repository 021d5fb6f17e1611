"""``overread benchmark``: passes on what it was told, ends as the benchmark ends, and says where it is not shipped."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from overread import cli, cli_benchmark


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["overread", "benchmark", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_words_and_status_are_the_benchmarks_own(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def started(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        seen.append(command[3:])
        return subprocess.CompletedProcess(command, 3)

    monkeypatch.setattr(subprocess, "run", started)
    assert run(monkeypatch, "study", "--source", "siim:/x", "--seeds", "0", "1", "--help") == 3
    assert seen == [["benchmarks.study", "--source", "siim:/x", "--seeds", "0", "1", "--help"]]


def test_without_a_checkout_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
                                       capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.setattr(cli_benchmark, "ROOT", tmp_path)
    assert run(monkeypatch, "study") == 1
    assert "comes with Overread's source" in " ".join(capsys.readouterr().err.split())


def test_a_refusal_is_a_sentence(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "study", "--source", "padchest:/x") == 1
    said = capfd.readouterr().err
    assert "--source is phantom" in said
    assert "Traceback" not in said
