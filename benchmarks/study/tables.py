"""The study's tables from the runs of a study: per finding and macro, each beside its reference, as Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table as Grid

from benchmarks.study.paired import Interval, difference, interval
from benchmarks.study.scoring import METRICS

Runs = Mapping[tuple[str, int], Mapping[str, Any]]  # by arm and seed
NAMES = {"d_auc": "D-AUC", "id_auc": "iD-AUC", "dice": "Dice*"}


@dataclass(frozen=True)
class Row:
    """An arm under its label; ``figures`` are the study's own: one finding, five findings (D-AUC / Dice, in %)."""

    arm: str
    label: str
    figures: tuple[str, str] | None = None


@dataclass(frozen=True)
class Table:
    """Rows beside the reference arm that they are compared with."""

    title: str
    reference: str
    rows: tuple[Row, ...]


# The study (a U-Net on chest films of three hospitals, 38,000 labelled and 345,000 not; tested on a fourth, 16,223
# films): pneumothorax alone with EfficientNet-B5, B6, B7; five findings with B5, B6. Intervals are not known to us.
INITIAL = ("97.70 / 78.03", "77.66 / 39.79")
FIRST = ("98.64 / 78.78", "75.61 / 37.24")
SECOND = ("98.54 / 79.47", "not done")

TABLES = (
    Table(
        "1. Auxiliary classifier × copy-paste",
        "no-classifier-paste-0",
        (
            Row("no-classifier-paste-0", "off, 0 %"),
            Row("no-classifier", "off, 50 %"),
            Row("paste-0", "on, 0 %"),
            Row("supervised", "on, 50 %"),
        ),
    ),
    Table(
        "2. Copy-paste",
        "paste-0",
        (Row("paste-0", "0 %"), Row("supervised", "50 %"), Row("paste-75", "75 %")),
    ),
    Table(
        "3. Ensemble of three",
        "single",
        (
            Row("single", "single (mean)"),
            Row("soft", "soft"),
            Row("literal", "weighted, literal"),
            Row("symmetric", "weighted, symmetric"),
        ),
    ),
    Table(
        "4. Iterations with growing networks",
        "supervised",
        (
            Row("supervised", "iteration 0", INITIAL),
            Row("noisy-student", "iteration 1", FIRST),
            Row("iteration-2", "iteration 2", SECOND),
        ),
    ),
    Table(
        "5. Arms against the compute-matched control",
        "longer",
        (
            Row("supervised", "supervised (the teacher)", INITIAL),
            Row("longer", "supervised longer (control)"),
            Row("noisy-student", "noisy student", FIRST),
            Row("mean-teacher", "Mean Teacher"),
            Row("uda", "UDA"),
            Row("unimatch", "UniMatch-style"),
            Row("meta-pseudo-labels", "Meta Pseudo Labels"),
            Row("oracle", "oracle (pool with its truth)"),
        ),
    ),
)


def measure(runs: Runs, table: Table, findings: Sequence[str]) -> dict[str, Any]:
    """A table's numbers: of each row, by finding and "macro", each metric with its interval and its paired difference
    from the reference on the seeds that both finished."""
    rows = []
    for row in table.rows:
        seeds = sorted(seed for arm, seed in runs if arm == row.arm)
        if not seeds:
            continue
        both = [seed for seed in seeds if (table.reference, seed) in runs]
        scores = {
            name: {metric: _measured(runs, row.arm, table.reference, seeds, both, name, metric) for metric in METRICS}
            for name in ("macro", *findings)
        }
        cost = {key: runs[row.arm, seeds[0]][key] for key in ("parameters", "steps", "films")}
        rows.append({**asdict(row), **cost, "seeds": seeds, "scores": scores})
    return {"title": table.title, "reference": table.reference, "rows": rows}


def _measured(
    runs: Runs, arm: str, reference: str, seeds: list[int], both: list[int], name: str, metric: str
) -> dict[str, Any]:
    own = interval(*_values(runs, arm, seeds, name, metric))
    change = None
    if both and arm != reference:
        ours, theirs = (_values(runs, which, both, name, metric) for which in (arm, reference))
        change = difference(*ours, *theirs)
    return {"score": own and asdict(own), "change": change and asdict(change)}


def _values(runs: Runs, arm: str, seeds: list[int], name: str, metric: str) -> tuple[Any, Any]:
    """Scores (S,) and their resamples (S, B) of an arm; NaN for n/a."""
    own = [runs[arm, seed] for seed in seeds]
    scores = np.array([one["scores"][name][metric] for one in own], np.float64)
    return scores, np.array([one["samples"][name][metric] for one in own], np.float64)


def show(measured: Sequence[Mapping[str, Any]], findings: Sequence[str], console: Console) -> None:
    """Print the tables: macro with what each arm cost, then per finding."""
    for table in measured:
        seeds = sorted({seed for row in table["rows"] for seed in row["seeds"]})
        console.print(f"\n### {table['title']}\n\nSeeds {', '.join(map(str, seeds))}. Macro over the findings:\n")
        console.print(_macro(table))
        console.print("\nPer finding:\n")
        console.print(_per_finding(table, findings))


def _macro(table: Mapping[str, Any]) -> Grid:
    heads = [head for metric in METRICS for head in (NAMES[metric], "change [95 %]")]
    beside = ("study: 1 finding", "study: 5 findings") if any(row["figures"] for row in table["rows"]) else ()
    grid = Grid("", *heads, "steps", "films seen", "seeds", *beside, box=box.MARKDOWN)
    for row in table["rows"]:
        cells = [cell for metric in METRICS for cell in _cells(row["scores"]["macro"][metric])]
        figures = (row["figures"] or ("–", "–"))[: len(beside)]
        grid.add_row(row["label"], *cells, f"{row['steps']:,}", f"{row['films']:,}", str(len(row["seeds"])), *figures)
    return grid


def _per_finding(table: Mapping[str, Any], findings: Sequence[str]) -> Grid:
    heads = [head for finding in findings for head in (f"{finding}: D-AUC", "change [95 %]", "Dice*")]
    grid = Grid("", *heads, box=box.MARKDOWN)
    for row in table["rows"]:
        cells: list[str] = []
        for finding in findings:
            own = row["scores"][finding]
            cells += [*_cells(own["d_auc"]), _cells(own["dice"])[0]]
        grid.add_row(row["label"], *cells)
    return grid


def _cells(measured: Mapping[str, Any]) -> tuple[str, str]:
    """Score and change in percent; a change whose interval leaves 0 out is bold."""
    score, change = (None if one is None else Interval(**one) for one in (measured["score"], measured["change"]))
    said = "n/a" if score is None else f"{100 * score.mean:.1f}"
    if change is None:
        return said, "–"
    text = f"{100 * change.mean:+.1f} [{100 * change.low:+.1f}, {100 * change.high:+.1f}]"
    return said, f"**{text}**" if change.low > 0 or change.high < 0 else text
