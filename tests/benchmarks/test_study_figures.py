"""The study's own figures: typed once, and every one of them beside ours, whatever has run so far."""

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks.study.bench import WIDE
from benchmarks.study.figures import ENSEMBLE, FIVE, ONE, STUDY, Figure, figure
from benchmarks.study.scoring import METRICS
from benchmarks.study.tables import TABLES, Row, Table, measure, show

FINDINGS = ["consolidation", "pneumothorax"]
PAGE = Path(__file__).parents[2] / "docs" / "study.md"
Runs = dict[tuple[str, int], dict[str, Any]]


def runs_of(*arms: str) -> Runs:
    """A finished run of each arm, all scores alike."""
    names = ("macro", *FINDINGS)
    run = {
        "scores": {name: dict.fromkeys(METRICS, 0.5) for name in names},
        "samples": {name: {metric: [0.4, 0.6] for metric in METRICS} for name in names},
        "parameters": 1, "steps": 2, "films": 3,
    }  # fmt: skip
    return {(arm, 0): run for arm in arms}


ALL = [row.arm for table in TABLES for row in table.rows]


def rendered(measured: list[dict[str, Any]]) -> str:
    console = Console(width=WIDE, record=True)
    show(measured, FINDINGS, console)
    return console.export_text()


def told(text: str, one: Figure) -> bool:
    """Whether a text holds a figure's numbers and the network's name in one cell."""
    values = (one.d_auc, one.dice, one.sensitivity, one.specificity)
    return f"{' / '.join('–' if value is None else f'{value:.2f}' for value in values)} ({one.name}" in text


@pytest.mark.parametrize("arms", [[], ["supervised", "noisy-student"], ALL])
def test_the_tables_hold_every_figure_of_the_study(arms: list[str]) -> None:
    text = rendered([measure(runs_of(*arms), table, FINDINGS) for table in TABLES])
    assert [one for one in STUDY if not told(text, one)] == []


def test_a_figure_that_is_left_out_is_missed() -> None:
    measured = [measure(runs_of(*ALL), table, FINDINGS) for table in TABLES]
    measured[2]["further"].pop()
    assert [one.name for one in STUDY if not told(rendered(measured), one)] == ["exp23 alone"]


def test_each_figure_stands_beside_its_row_macro_and_at_its_finding() -> None:
    *_, iterations, arms = (measure(runs_of(*ALL), table, FINDINGS) for table in TABLES)
    text = rendered([iterations])
    macro, own = text.split("Per finding:")
    first = next(line for line in macro.splitlines() if line.startswith("| iteration 1"))
    assert "| 98.64 / 78.78 / 96.80 / 98.89 (exp25" in first
    assert "| 75.61 / 37.24 / 53.01 / 97.71 (exp24" in first
    assert next(line for line in macro.splitlines() if line.startswith("| iteration 2")).rstrip(" |").endswith(" n/a")
    assert "98.64 / 78.78" in next(line for line in own.splitlines() if line.startswith("| iteration 1"))
    assert "75.61 / 37.24" not in own  # a mean is no finding's
    assert [row["one"] is not None for row in arms["rows"]] == [True] * 3 + [False] * 5


def test_a_table_of_another_benchmark_says_nothing_of_the_study() -> None:
    table = Table("No reader", "supervised", (Row("supervised", "teacher"), Row("longer", "longer")))
    assert "study" not in rendered([measure(runs_of(*ALL), table, FINDINGS)])


def test_json_holds_them_as_numbers() -> None:
    found = json.loads(json.dumps([measure(runs_of("supervised"), table, FINDINGS) for table in TABLES]))
    rows = [row for table in found for row in table["rows"]]
    kept = [one for row in rows for one in (row["one"], row["five"]) if one] + [o for t in found for o in t["further"]]
    assert {json.dumps(one) for one in kept} == {json.dumps(asdict(one)) for one in STUDY}


def test_the_page_holds_them_too() -> None:
    text = " ".join(PAGE.read_text().split())
    assert [one for one in STUDY if not told(text, one)] == []


def test_figures_are_shares_in_percent_and_each_has_a_name_of_its_own() -> None:
    values = [value for one in STUDY for value in vars(one).values() if isinstance(value, float)]
    assert all(30 < value < 100 for value in values)
    assert max(Counter((one.part, one.findings, one.name) for one in STUDY).values()) == 1
    # What two of the study's tables tell of one network agrees, where they tell it.
    assert figure(ENSEMBLE, "B5 alone", 5).dice == figure(FIVE, "exp5", 5).dice
    assert figure(ENSEMBLE, "iteration 1, weighted").d_auc == figure(ONE, "exp24 + 25").d_auc
    with pytest.raises(KeyError):
        figure(ONE, "exp5")
