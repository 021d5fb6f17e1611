"""Scores by source: those of its own films, at the operating points of all development films."""

from dataclasses import replace
from pathlib import Path

import torch

from overread_worker.ml.checkpoint import save_network
from overread_worker.ml.evaluate import evaluate
from overread_worker.ml.network import build
from tests.ml.films import FINDINGS, TINY, blobs


def test_each_source_is_scored_alone_at_the_common_operating_point(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = tmp_path / "one.safetensors"
    save_network(build(TINY, len(FINDINGS)), TINY, FINDINGS, network)
    films = blobs(tmp_path, 30, 0)
    near, far = (
        [replace(item, source=name) for item in own] for name, own in (("near", films[:18]), ("far", films[18:]))
    )
    held = {"development": blobs(tmp_path, 12, 1), "external": [*near, *far]}
    told = evaluate([network], TINY, held, FINDINGS)  # type: ignore[arg-type]
    apart = evaluate([network], TINY, held | {"external": near}, FINDINGS)  # type: ignore[arg-type]
    assert sorted(told.ensemble["external"].sources) == ["far", "near"]
    development, whole = told.ensemble["development"], told.ensemble["external"]
    assert sorted(development.sources) == [""]
    assert development.sources[""].per_finding == development.per_finding
    assert not hasattr(told.networks[0]["external"], "sources")
    for finding in FINDINGS:
        one, other = (whole.sources[name].per_finding[finding] for name in ("near", "far"))
        assert one == apart.ensemble["external"].per_finding[finding]
        for count in ("positives", "negatives", "patients"):
            assert getattr(one, count) + getattr(other, count) == getattr(whole.per_finding[finding], count)
        assert one.level == other.level == whole.per_finding[finding].level
        assert one.d_auc is not None
        assert one.d_auc_interval is not None
        assert one.d_auc_interval[0] <= one.d_auc <= one.d_auc_interval[1]
