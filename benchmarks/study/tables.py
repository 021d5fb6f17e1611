"""The study's tables from the runs of a study: per finding and macro, each beside its reference and beside the study's
own figures, as Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table as Grid

from benchmarks.study.figures import AUXILIARY, ENSEMBLE, FIVE, ONE, PASTE, STUDY, Figure, Part, figure
from benchmarks.study.paired import Interval, difference, interval
from benchmarks.study.scoring import METRICS

Runs = Mapping[tuple[str, int], Mapping[str, Any]]  # by arm and seed
NAMES = {"d_auc": "D-AUC", "id_auc": "iD-AUC", "dice": "Dice*"}
ALONE = "pneumothorax"  # the finding of the study's one-finding tables
STUDY_SAYS = (
    "The study's: D-AUC / Dice / sensitivity / specificity in % (which network), of pneumothorax alone and as the mean "
    "of five findings; n/a: it did not do that, or we did not. Levels are of other films and networks."
)


@dataclass(frozen=True)
class Row:
    """An arm under its label, and the study's figures that stand beside it: of one finding, of five. None is n/a: the
    study did not do it."""

    arm: str
    label: str
    one: Figure | None = None
    five: Figure | None = None


@dataclass(frozen=True)
class Table:
    """Rows beside the reference arm that they are compared with. ``parts`` are the study's tables that this one
    repeats: their figures that stand beside no row have rows of their own."""

    title: str
    reference: str
    rows: tuple[Row, ...]
    parts: tuple[Part, ...] = ()


TEACHER = (figure(ONE, "exp21"), figure(FIVE, "exp5", 5))
STUDENT = (figure(ONE, "exp25"), figure(FIVE, "exp24", 5))

TABLES = (
    Table(
        "1. Auxiliary classifier × copy-paste",
        "no-classifier-paste-0",
        (
            Row("no-classifier-paste-0", "off, 0 %", figure(AUXILIARY, "off, 0 %")),
            Row("no-classifier", "off, 50 %", figure(AUXILIARY, "off, 50 %")),
            Row("paste-0", "on, 0 %", figure(AUXILIARY, "on, 0 %")),
            Row("supervised", "on, 50 %", figure(AUXILIARY, "on, 50 %")),
        ),
        (AUXILIARY,),
    ),
    Table(
        "2. Copy-paste",
        "paste-0",
        (
            Row("paste-0", "0 %", figure(PASTE, "0 %"), figure(PASTE, "0 %", 5)),
            Row("supervised", "50 %", figure(PASTE, "50 %"), figure(PASTE, "50 %", 5)),
            Row("paste-75", "75 %", figure(PASTE, "75 %"), figure(PASTE, "75 %", 5)),
        ),
        (PASTE,),
    ),
    Table(
        "3. Ensemble of three",
        "single",
        (
            Row("single", "single (mean)"),
            Row("soft", "soft", figure(ENSEMBLE, "initial, soft"), figure(ENSEMBLE, "exp21–23, soft", 5)),
            Row(
                "literal",
                "weighted, literal",
                figure(ENSEMBLE, "initial, weighted"),
                figure(ENSEMBLE, "exp21–23, weighted", 5),
            ),
            Row("symmetric", "weighted, symmetric"),
        ),
        (ENSEMBLE,),
    ),
    Table(
        "4. Iterations with growing networks",
        "supervised",
        (
            Row("supervised", "iteration 0", *TEACHER),
            Row("noisy-student", "iteration 1", *STUDENT),
            Row("iteration-2", "iteration 2", figure(ONE, "exp27")),
        ),
        (ONE, FIVE),
    ),
    Table(
        "5. Arms against the compute-matched control",
        "longer",
        (
            Row("supervised", "supervised (the teacher)", *TEACHER),
            Row("longer", "supervised longer (control)", figure(ONE, "exp23")),
            Row("noisy-student", "noisy student", *STUDENT),
            Row("mean-teacher", "Mean Teacher"),
            Row("uda", "UDA"),
            Row("unimatch", "UniMatch-style"),
            Row("meta-pseudo-labels", "Meta Pseudo Labels"),
            Row("oracle", "oracle (pool with its truth)"),
        ),  # the study's further figures stand in table 4
    ),
)


def measure(runs: Runs, table: Table, findings: Sequence[str]) -> dict[str, Any]:
    """A table's numbers: of each row, by finding and "macro", each metric with its interval and its paired difference
    from the reference on the seeds that both finished. ``further`` are the study's figures beside no finished row."""
    rows, beside = [], set()
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
        cost["minutes"] = _minutes([runs[row.arm, seed] for seed in seeds])
        rows.append({**asdict(row), **cost, "seeds": seeds, "scores": scores})
        beside |= {row.one, row.five}
    further = [asdict(one) for one in STUDY if one.part in table.parts and one not in beside]
    return {"title": table.title, "reference": table.reference, "rows": rows, "further": further}


def _minutes(own: Sequence[Mapping[str, Any]]) -> float | None:
    """The mean of what readers took; None where nobody read."""
    told = [run["minutes"] for run in own if "minutes" in run]
    return float(np.mean(told)) if told else None


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
        told = _is_of_the_study(table)
        console.print(_macro(table, told))
        console.print(f"\n{STUDY_SAYS}\n" if told else "")
        console.print("Per finding:\n")
        console.print(_per_finding(table, findings, told))


def _is_of_the_study(table: Mapping[str, Any]) -> bool:
    """Whether a figure of the study stands in it: other benchmarks print tables too."""
    return bool(table["further"]) or any(row["one"] or row["five"] for row in table["rows"])


def _macro(table: Mapping[str, Any], told: bool) -> Grid:
    heads = [head for metric in METRICS for head in (NAMES[metric], "change [95 %]")]
    ours = [*heads, "steps", "films seen", "seeds"]
    grid = Grid("", *ours, *(("study: one finding", "study: five findings") if told else ()), box=box.MARKDOWN)
    for row in table["rows"]:
        cells = [cell for metric in METRICS for cell in _cells(row["scores"]["macro"][metric])]
        cells += [f"{row['steps']:,}", f"{row['films']:,}", str(len(row["seeds"]))]
        grid.add_row(row["label"], *cells, *((_said(row["one"]), _said(row["five"])) if told else ()))
    for one in table["further"]:
        said = [_said(one if one["findings"] == findings else None) for findings in (1, 5)]
        grid.add_row(f"the study alone: {one['part']}", *["n/a"] * len(ours), *said)
    return grid


def _per_finding(table: Mapping[str, Any], findings: Sequence[str], told: bool) -> Grid:
    """The study's figures of one finding are a finding's, and stand beside that; of its five it tells none alone."""
    beside = ALONE if told else None
    grid = Grid("", box=box.MARKDOWN)
    for finding in findings:
        for head in (f"{finding}: D-AUC", "change [95 %]", "Dice*", *(["study"] if finding == beside else [])):
            grid.add_column(head)
    for row in table["rows"]:
        cells: list[str] = []
        for finding in findings:
            own = row["scores"][finding]
            cells += [*_cells(own["d_auc"]), _cells(own["dice"])[0]]
            cells += [_said(row["one"])] if finding == beside else []
        grid.add_row(row["label"], *cells)
    return grid


def _said(told: Mapping[str, Any] | None) -> str:
    """A figure of the study's in a cell."""
    if told is None:
        return "n/a"
    values = [told[name] for name in ("d_auc", "dice", "sensitivity", "specificity")]
    scores = " / ".join("–" if value is None else f"{value:.2f}" for value in values)
    return f"{scores} ({': '.join(filter(None, (told['name'], told['network'])))})"


def _cells(measured: Mapping[str, Any]) -> tuple[str, str]:
    """Score and change in percent; a change whose interval leaves 0 out is bold."""
    score, change = (None if one is None else Interval(**one) for one in (measured["score"], measured["change"]))
    said = "n/a" if score is None else f"{100 * score.mean:.1f}"
    if change is None:
        return said, "–"
    text = f"{100 * change.mean:+.1f} [{100 * change.low:+.1f}, {100 * change.high:+.1f}]"
    return said, f"**{text}**" if change.low > 0 or change.high < 0 else text
