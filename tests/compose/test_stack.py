"""`make test-compose`: the stack from nothing, an iteration through restarts and kills; nothing lost or doubled."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from overread.datasets.phantoms.phantom import Phantom
from tests.compose.stack import Stack, until, write_films
from tests.loop import FINDINGS
from tests.waiting import free_port

LABELLED, POOL, EPOCHS = 24, 80, 3
# 64 pool films of 256 px are 20 MB a mini-batch: the loaders prefetch more than the 64 MB that Docker gives unasked.
RECIPE: dict[str, Any] = {"name": "tiny", "network": "small-unet", "width": 4, "size": 256, "epochs": EPOCHS}
RECIPE |= {"batch": 4, "average": 0.9, "pool": {"method": "mean_teacher", "batch": 64}, "augment": {"policy": "none"}}
PLAN: dict[str, Any] = {
    "recipes": [RECIPE, RECIPE | {"width": 8}],
    "alpha": 0.5,
    "min_reads": 0,
    "measure": 10,
    "fix": 5,
}
PLAN |= {"sentinel": 0, "holdout": 0, "keep_out": 0.0, "second": 0.0}


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    write_films(tmp_path / "labelled", Phantom(LABELLED, 256, seed=1), masks=True)
    write_films(tmp_path / "pool", Phantom(POOL, 256, seed=2), masks=False)
    for path in (tmp_path, *tmp_path.rglob("*")):  # read by the containers' user
        path.chmod(0o755)
    one = Stack(tmp_path, free_port())
    one.compose("down", "--volumes", "--remove-orphans")
    try:
        yield one
    finally:
        print(one.compose("logs", "--tail", "60"))
        one.compose("down", "--volumes")


@pytest.mark.engine
def test_nothing_is_lost_or_doubled_through_restarts_and_kills(stack: Stack) -> None:
    stack.compose("up", "--build", "--detach")
    stack.sign_in()
    project = stack.post("/projects", {"name": "films", "findings": FINDINGS, "holdout": 0.0})["id"]
    for role, options in {"labelled": {"shares": {"train": 0.7, "development": 0.3}}, "pool": {}}.items():
        source = {"name": role, "reader": "folder", "role": role, "licence": "made here", "path": role}
        stack.post(f"/projects/{project}/sources", source | {"options": options})
        stack.kill("api")
    until(lambda: stack.number("select count(*) from job where state = 'done'") == 2)
    check_films(stack)

    iteration = stack.post(f"/projects/{project}/iterations", PLAN)["id"]
    until(lambda: epochs(stack) >= 1)
    assert stack.processes_of_jobs() >= 1 + 8
    stack.compose("restart", "worker")
    until(lambda: epochs(stack) >= 2)
    stack.kill("worker")
    until(lambda: epochs(stack) >= 3)
    stack.compose("restart", "postgres", "valkey", "api")
    until(lambda: epochs(stack) >= 4)
    stack.kill("postgres")
    until(lambda: stack.get(f"/iterations/{iteration}")["stage"] in ("auditing", "failed"))
    check_iteration(stack, iteration)

    stack.compose("down")  # what is kept lies in volumes
    stack.compose("up", "--detach")
    assert stack.get("/me")["role"] == "admin"
    check_films(stack)
    check_iteration(stack, iteration)


def epochs(stack: Stack) -> int:
    """Epochs that the trainings have behind them; a job that failed will not have more."""
    assert stack.sql("select kind, error from job where state = 'failed'") == []
    return stack.number("select count(*) from epoch")


def check_films(stack: Stack) -> None:
    """Each file is one film, and each of the phantom's masks one mask."""
    per_role = "select role, count(*), count(distinct image.sha256) from image join source on source.id = source_id"
    assert stack.sql(f"{per_role} group by role order by role") == [
        ["labelled", str(LABELLED), str(LABELLED)],
        ["pool", str(POOL), str(POOL)],
    ]
    assert stack.number("select count(*) from source_mask") == LABELLED * len(FINDINGS)
    assert stack.sql("select outcome, count(*) from import_line group by 1") == [["added", str(LABELLED + POOL)]]


def check_iteration(stack: Stack, iteration: int) -> None:
    """Each epoch once, each film labelled once for each finding, each job done, one audit."""
    detail = stack.get(f"/iterations/{iteration}")
    assert detail["stage"] == "auditing", [job["error"] for job in detail["jobs"]]
    for run in detail["runs"]:
        assert [one["epoch"] for one in run["epochs"]] == list(range(EPOCHS))
        assert run["checkpoint_sha256"]
    labels = "select count(*), count(distinct (image_id, finding)) from pseudo_label"
    assert stack.sql(labels) == [[str(POOL * len(FINDINGS))] * 2]
    assert stack.sql("select count(*), count(distinct image_id) from probability_map") == [[str(POOL)] * 2]
    assert stack.sql("select count(*) from job where state != 'done'") == [["0"]]
    kinds = "select kind, count(*) from job where kind in ('import', 'train') group by kind order by kind"
    assert stack.sql(kinds) == [["import", "2"], ["train", "2"]]
    assert stack.sql("select (select count(*) from labelling), (select count(*) from audit)") == [["1", "1"]]
