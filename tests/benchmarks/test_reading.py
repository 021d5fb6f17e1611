"""The reading room's benchmark, tiny: every part runs, and says what it found. No time is asserted."""

import json
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.reading import real
from benchmarks.reading.__main__ import DIST, IN_A_BROWSER, PARTS, main
from benchmarks.reading.bundle import app_size
from benchmarks.reading.effort import goals, mend, seconds_by_work, summarise
from benchmarks.reading.installation import write_films

HAS_BROWSER = bool(os.environ.get("CHROMIUM") or shutil.which("chromium"))


def test_every_part_runs_and_says_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parts = [part for part in PARTS if HAS_BROWSER or part not in IN_A_BROWSER]
    told = tmp_path / "told.json"
    small = ["--sizes", "64", "--repeats", "1", "--cases", "3", "--moves", "3", "--fixes", "2"]
    assert main([*small, "--only", *parts, "--json", str(told)]) == 0
    found = {row["name"]: row for row in json.loads(told.read_text())["measurements"]}
    assert {"bundle", "fix, all"} <= set(found)
    assert found["fix, all"]["numbers"]["fixes"] == 2
    assert "goal whole app before lazy parts, kB gz" in capsys.readouterr().out
    if HAS_BROWSER:
        assert found["3 in a row"]["numbers"]["cases"] == 3
        assert all(value > 0 for row in found.values() if "px" in row["name"] for value in row["numbers"].values())


def test_what_a_page_fetches_when_it_needs_it_is_not_in_the_app(tmp_path: Path) -> None:
    assets = tmp_path / "assets"
    assets.mkdir()
    (tmp_path / "index.html").write_text('<script src="/assets/entry-1.js"></script>')
    (assets / "entry-1.js").write_text('import("./route-2.js");import{a}from"./shared-3.js"')
    (assets / "route-2.js").write_text('import("./plot-4.js")')
    (assets / "shared-3.js").write_text("x")
    (assets / "plot-4.js").write_text("y" * 9)
    _, numbers, _ = app_size(tmp_path)
    assert numbers["app kB"] > numbers["entry kB"] > numbers["lazy kB"] > 0
    assert (DIST.name, DIST.parent.name) == ("dist", "frontend")


def test_a_ratio_of_gestures_is_a_fix_s_own() -> None:
    def row(kind: str, tools: int, brush: int) -> dict[str, dict[str, object]]:
        one = {"kind": kind, "keys": 0, "travel": 1.0, "done": True}
        return {"tools": one | {"gestures": tools}, "brush": one | {"gestures": brush}}

    summary = summarise([row("missed", 1, 10), row("missed", 1, 4), row("spurious", 1, 2)])
    assert summary["all"]["gestures ratio"] == 0.25
    assert summary["missed"]["least ratio"] == 0.175
    assert set(summary) == {"missed", "spurious", "all"}
    assert [goal.met for goal in goals(summary)] == [False, True]


def test_a_network_s_masks_of_other_peoples_films_are_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real, "EPOCHS", 1)
    films = write_films(tmp_path / "films", 6, 64)
    mask = np.zeros((64, 64), np.uint8)
    mask[20:40, 20:40] = 255
    for n in range(6):
        cv2.imwrite(str(films / f"film{n}_1__nodule.png"), mask)
    cases = real.write_cases(f"folder:{films}", tmp_path)
    kinds = [json.loads(line)["kind"] for line in cases.read_text().splitlines()]
    assert set(kinds) <= {f"real, {way}" for way in ("missed", "spurious", "wrong place", "partly right")}
    row = mend(tmp_path / "effort", 1, cases)[0]
    assert row["tools"]["kind"] == kinds[0]
    assert row["brush"]["gestures"] > 0


def test_a_mask_is_wrong_in_one_way() -> None:
    none, left, right = (np.zeros((4, 4), bool) for _ in range(3))
    left[:, :2], right[:, 2:] = True, True
    ways = {(0, 1): "spurious", (1, 0): "missed", (1, 1): "partly right", (1, 2): "wrong place"}
    for (truth, pseudo), way in ways.items():
        pair = [[none, left, right][which] for which in (truth, pseudo)]
        assert real.Proposed(pair[0], pair[1], np.zeros((4, 4), np.uint8)).kind == f"real, {way}"


def test_a_fix_s_seconds_are_those_of_the_work_that_the_product_would_call_it() -> None:
    def fix(moves: int, began: bool = True, ended: bool = True, **made: object) -> dict[str, object]:
        told: dict[str, object] = {"gestures": 0, "points": 0, "stretches": 0, "drawn": 0.0, "done": True}
        return told | {"made": made or None} | {"moves": moves, "began": began, "ended": ended}

    rows: list[dict[str, object]] = [
        {"tools": fix(1, threshold=0.4, touchedUp=False), "blind": fix(4, began=False)},
        {"tools": fix(2, threshold=0.4, touchedUp=True), "blind": fix(6, began=False)},
        {"tools": fix(1, adopted="previous", touchedUp=False), "blind": fix(9, began=False) | {"done": False}},
        {"tools": fix(3, ended=False), "blind": None},
        {"tools": fix(4) | {"drawn": 96.0, "stretches": 2, "gestures": 3, "points": 1}, "blind": None},
    ]
    by_kind = seconds_by_work(rows)
    assert {kind: one["fixes"] for kind, one in by_kind.items()} == {
        "slider": 1, "adopt": 1, "redraw": 2, "draw": 2, "reject": 1
    }  # fmt: skip
    assert by_kind["slider"]["seconds"] == pytest.approx(1.35)
    assert by_kind["draw"]["seconds"] == pytest.approx(5 * 1.35)  # the mean
    mended = 4 * 1.35 + 3 * 0.28 + 1.1 + 2 * 0.9 + 2.54 * 0.16
    assert by_kind["redraw"]["seconds"] == pytest.approx((2 * 1.35 + mended) / 2)
