"""`overread serve --workers 1` as it is started on a laptop: whatever is killed beside it is back, and work goes on."""

import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import redis

from tests.waiting import free_port, until

pytestmark = pytest.mark.xdist_group("workers")


@dataclass(frozen=True)
class Served:
    """A service of its own, signed in to; ``told``: its standard error."""

    api: httpx2.Client
    folder: Path
    told: Path
    process: subprocess.Popen[str]

    def ask(self, path: str) -> Any:
        """The answer's JSON; None while it is a refusal."""
        answer = self.api.get(f"/api/v1{path}")
        return answer.json() if answer.is_success else None


@pytest.fixture
def served() -> Iterator[Served]:
    with tempfile.TemporaryDirectory(prefix="overread-") as name:
        port = free_port()
        folder, told = Path(name).resolve() / "data", Path(name) / "told"
        command = [sys.executable, "-m", "overread.cli", "serve", "--workers", "1", "--port", str(port)]
        environment = os.environ | {"OVERREAD_DATA_FOLDER": str(folder), "OVERREAD_LEASE_SECONDS": "3"}
        with (
            told.open("w") as err,
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=err, env=environment, text=True, umask=0o022
            ) as process,
        ):
            assert process.stdout is not None
            token = process.stdout.readline().strip().partition("#token=")[2]
            with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as api:
                try:
                    until(lambda: signs_in(api, token))
                    yield Served(api, folder, told, process)
                finally:
                    process.send_signal(signal.SIGTERM)
                    process.wait(60)


def signs_in(api: httpx2.Client, token: str) -> bool:
    with suppress(httpx2.TransportError):
        return api.post("/api/v1/sign-in/link", json={"token": token}).is_success
    return False


def works(served: Served) -> bool:
    """A job that is launched now ends well: database, broker and worker all do their part."""
    number = len(served.ask("/projects"))
    project = served.api.post("/api/v1/projects", json={"name": f"p{number}", "findings": ["nodule"]}).json()
    source = {"reader": "phantom", "licence": "ours", "name": "s", "role": "pool", "options": {"count": 2, "size": 32}}
    job = served.api.post(f"/api/v1/projects/{project['id']}/sources", json=source).json()
    until(lambda: served.ask(f"/jobs/{job['id']}")["state"] == "done")
    return True


def test_whatever_is_killed_is_back_and_said(served: Served) -> None:
    folder = served.folder
    until(lambda: served.ask("/health")["parts"]["queues"] == ["cpu", "gpu"])
    database = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
    os.kill(database, signal.SIGKILL)
    until(lambda: served.api.get("/api/v1/health").json()["trouble"] == "restart")
    until(lambda: served.ask("/me"))
    worker = worker_of(served)
    os.kill(worker, signal.SIGKILL)
    until(lambda: worker_of(served) not in (0, worker))
    until(lambda: served.ask("/health")["parts"]["queues"] == ["cpu", "gpu"])
    with redis.Redis(unix_socket_path=str(folder / "run" / "valkey.sock")) as client:
        os.kill(client.info()["process_id"], signal.SIGKILL)
    until(lambda: served.ask("/health")["trouble"] is None)
    assert works(served)
    told = served.told.read_text()
    for name in ("Postgres", "The worker beside this", "Valkey"):
        assert f"{name} was killed by signal 9; started again in 1 s." in told
        assert f"{name} is up again." in told


def worker_of(served: Served) -> int:
    """The first of the worker's processes: the one that the service started."""
    for path in Path(f"/proc/{served.process.pid}/task").glob("*/children"):
        for child in path.read_text().split():
            with suppress(OSError):
                if b"worker" in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0"):
                    return int(child)
    return 0


def frozen(process: int) -> list[int]:
    """Stops it and all that it started; itself first: what is stopped starts nothing more. Who ended is left out."""
    with suppress(ProcessLookupError, FileNotFoundError):
        os.kill(process, signal.SIGSTOP)
        children = [
            int(one) for path in Path(f"/proc/{process}/task").glob("*/children") for one in path.read_text().split()
        ]
        return [process, *(each for child in children for each in frozen(child))]
    return []


def test_without_a_worker_waiting_jobs_are_told_to_who_is_signed_in(served: Served) -> None:
    until(lambda: served.ask("/health")["parts"]["queues"])
    stopped = frozen(worker_of(served))
    with redis.Redis(unix_socket_path=str(served.folder / "run" / "valkey.sock")) as client:
        for each in client.client_list():
            client.client_kill_filter(_id=each["id"], skipme=True)
    assert served.ask("/health")["parts"]["queues"] == []
    project = served.api.post("/api/v1/projects", json={"name": "p", "findings": ["nodule"]}).json()
    source = {"reader": "phantom", "licence": "ours", "name": "s", "role": "pool", "options": {"count": 2, "size": 32}}
    served.api.post(f"/api/v1/projects/{project['id']}/sources", json=source).raise_for_status()
    told = served.ask("/health")
    assert (told["trouble"], told["parts"]["waiting"]) == ("worker", ["cpu"])
    stranger = httpx2.get(f"{served.api.base_url}/api/v1/health").json()
    assert stranger == {"trouble": None, "parts": None}
    for each in stopped:
        os.kill(each, signal.SIGCONT)
    until(lambda: served.ask("/health")["trouble"] is None)


def test_nobody_else_can_read_what_lies_in_the_data_folder(served: Served) -> None:
    assert works(served)
    folder = served.folder
    assert (folder / "worker.log").exists()
    lenient = [
        path
        for path in (folder, *folder.rglob("*"))
        if folder / "postgres" not in path.parents and not path.is_socket()
        if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    assert lenient == []
