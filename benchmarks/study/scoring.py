"""The scorer: opens the test set's hidden truth, and keeps what paired intervals over patients need.

Per finding and macro: D-AUC, iD-AUC, Dice* (its threshold from development films). The patients that a resample draws
hang on the test set alone, so any two runs of a study can be compared resample by resample.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.study.films import hidden_truth
from benchmarks.study.workbench import Outcome, Workbench
from overread.domain.imaging.beside import MACRO, draw_patients, resampled
from overread.domain.words import Metric
from overread_worker.ml.evaluate import gather
from overread_worker.ml.predict import Members

METRICS: tuple[Metric, ...] = ("d_auc", "id_auc", "dice")


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
    tables = [resampled(development[k], held[k], findings, draws, METRICS) for k in alone]
    mean = {f: {m: np.mean([one[f][m] for one in tables], axis=0) for m in METRICS} for f in (*findings, MACRO)}
    return {
        "scores": {f: {m: _plain(values[0]) for m, values in own.items()} for f, own in mean.items()},
        "samples": {f: {m: [_plain(v) for v in values[1:]] for m, values in own.items()} for f, own in mean.items()},
    }


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 5)
