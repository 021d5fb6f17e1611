"""The scorer: opens the test set's hidden truth, and keeps what paired intervals over patients need.

Per finding and macro: D-AUC, iD-AUC, Dice* (its threshold from development films). The patients that a resample draws
hang on the test set alone, so any two runs of a study can be compared resample by resample.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.study.films import hidden_truth
from benchmarks.study.workbench import Outcome, Workbench
from overread.domain.imaging.metrics import FindingScores, best_level, weighted
from overread.domain.words import Metric
from overread_worker.ml.evaluate import gather
from overread_worker.ml.predict import Members

METRICS: tuple[Metric, ...] = ("d_auc", "id_auc", "dice")
Floats = NDArray[np.float64]
Table = dict[str, dict[str, Floats]]  # by finding and "macro", by metric: (1 + resamples,), the sample itself first


def score(bench: Workbench, outcome: Outcome, folder: Path) -> dict[str, Any]:
    """``scores`` of the test set and ``samples`` of its resamples, by finding (and "macro") and metric."""
    findings = list(bench.plan.findings)
    test = hidden_truth(folder, bench.seed, "test")
    first = outcome.members[0].recipe
    form = outcome.together or first.labelling.ensemble
    recipe = replace(first, labelling=replace(first.labelling, ensemble=form))
    members = Members([one.checkpoint for one in outcome.members], findings, recipe)
    development, held = (gather(members, items) for items in (bench.sets.development, test))
    alone = range(len(outcome.members)) if outcome.together is None else [-1]
    draws = draw_patients(sorted({item.patient for item in test}), bench.plan.resamples)
    tables = [_table(development[k], held[k], findings, draws) for k in alone]
    mean = {f: {m: np.mean([one[f][m] for one in tables], axis=0) for m in METRICS} for f in (*findings, "macro")}
    return {
        "scores": {f: {m: _plain(values[0]) for m, values in own.items()} for f, own in mean.items()},
        "samples": {f: {m: [_plain(v) for v in values[1:]] for m, values in own.items()} for f, own in mean.items()},
    }


def draw_patients(patients: list[str], resamples: int) -> dict[str, Floats]:
    """How often each patient counts: (1 + resamples,), all once first. The same patients, the same draws."""
    rng = np.random.default_rng(0)
    rows = [np.ones(len(patients))]
    rows += [
        np.bincount(rng.integers(0, len(patients), len(patients)), minlength=len(patients)).astype(np.float64)
        for _ in range(resamples)
    ]
    return dict(zip(patients, np.stack(rows, axis=1), strict=True))


def _table(development: list[FindingScores], held: list[FindingScores], findings: list[str],
           draws: dict[str, Floats]) -> Table:  # fmt: skip
    table: Table = {}
    for finding, chosen, own in zip(findings, development, held, strict=True):
        positive = _counted(own.positive_patients, draws)
        found = weighted(own, best_level(chosen), positive, _counted(own.negative_patients, draws))
        none = np.full(positive.shape[1], np.nan)
        table[finding] = {metric: found.get(metric, none) for metric in METRICS}
    table["macro"] = {metric: _mean(np.stack([table[f][metric] for f in findings])) for metric in METRICS}
    return table


def _counted(patients: list[str], draws: dict[str, Floats]) -> Floats:
    width = len(next(iter(draws.values())))
    return np.stack([draws[one] for one in patients]) if patients else np.zeros((0, width))


def _mean(values: Floats) -> Floats:
    """The mean over findings that have a value; NaN where none has."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0).sum(axis=0) / known.sum(axis=0))


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 5)
