"""A worker on another machine has its own data folder: Postgres, Valkey and the bucket are all that it shares."""

from pathlib import Path

import pytest

from overread.bucket import Bucket
from overread.db.session import Database
from overread.domain.learning.recipe.values import from_mapping
from overread.domain.policy.plan import Plan
from overread.services.loop.iterations import launch_iteration
from overread.settings import Settings
from overread.storage import BlobStore
from tests.buckets import s3_server
from tests.faults.workers import RECIPE, stage, wait_for_worker, worker
from tests.loop import make_loop


def test_a_worker_elsewhere_trains_and_labels_through_the_bucket(
    settings: Settings, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with s3_server(tmp_path / "s3", monkeypatch) as address:
        blobs = BlobStore(settings.blob_folder, bucket=Bucket(address))
        loop = make_loop(database, blobs)
        recipe = RECIPE | {"epochs": 1, "average": 0.99, "pool": {"method": "mean_teacher", "batch": 2}}
        plan = Plan(recipes=(from_mapping(recipe),), measure=3, fix=3)
        iteration = launch_iteration(database, blobs, loop.project_id, plan)
        with worker(settings, data_folder=tmp_path / "elsewhere", bucket=address):
            wait_for_worker(loop, lambda: stage(loop, iteration) in ("auditing", "failed"))
        assert stage(loop, iteration) == "auditing"
        elsewhere = set(BlobStore(tmp_path / "elsewhere" / "blobs").names())
        own = set(blobs.names())
        assert elsewhere - own  # its networks and maps, which are here once somebody asks for them
        assert all(blobs.get(name) for name in elsewhere)
        assert set(Bucket(address).names()) == own | elsewhere
