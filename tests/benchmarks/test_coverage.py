"""The audit's intervals keep their word in simulation, and the benchmark sees where one does not."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import coverage


def test_every_part_runs_small_and_writes_its_goals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "coverage.json"
    assert coverage.main(["--audits", "2", "--json", str(report)]) == 0
    assert "goal broken by peeking, strata 40, 2 audits" in capsys.readouterr().out
    written = json.loads(report.read_text())
    assert len(written["goals"]) == 4 + 8 + 8 + 4
    assert set(written["shares"]) >= {"peeking, strata 1, wald", "corrected, rare errors", "uncorrected, rare errors"}


def test_peeking_breaks_ours_rarely_and_walds_often() -> None:
    rng = np.random.default_rng(0)
    ours, wald = np.mean([coverage.peek(rng, 2) for _ in range(40)], axis=0)
    assert ours <= 0.05
    assert wald > 0.2


def test_an_interval_that_claims_four_times_its_reads_is_seen_to_miss(monkeypatch: pytest.MonkeyPatch) -> None:
    told, _ = coverage.final(40)
    assert min(told.values()) >= 0.85
    monkeypatch.setattr(coverage, "whole", lambda sample: [("plain", 0.0, *boastful(sample), 0)] * 2)
    worse, goals = coverage.final(40)
    assert worse["stratified, helpful risk"] < told["stratified, helpful risk"] - 0.1
    assert not all(goal.met for goal in goals)


def boastful(sample: coverage.Sample) -> tuple[float, float]:
    mean, n = float(sample.value.mean()), len(sample.value)
    half = 1.96 * float(sample.value.std()) / (4 * n) ** 0.5
    return mean - half, mean + half
