"""The stack of docker-compose.yml on a real engine, under a name, a port and volumes of its own."""

import os
import re
import subprocess
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import cv2
import httpx2
import numpy as np

from overread.datasets.phantoms.phantom import Phantom, make_film
from tests import waiting

ROOT = Path(__file__).resolve().parents[2]
until = partial(waiting.until, seconds=900.0, pause=0.5)  # an image is built and a network trained
API = "/api/v1"
Found = TypeVar("Found")


class Stack:
    """Compose's commands, SQL in its Postgres, and the API as its first admin."""

    def __init__(self, films: Path, port: int) -> None:
        self._environment = os.environ | {
            "COMPOSE_PROJECT_NAME": "overread-test",  # an installation on this engine keeps its volumes
            "COMPOSE_FILE": "docker-compose.yml:tests/compose/override.yml",
            "OVERREAD_TEST_FILMS": str(films),
            "OVERREAD_TEST_PORT": str(port),
        }
        self._client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)

    def compose(self, *words: str) -> str:
        """Standard output of ``docker compose``; what it says beside that is the test's own output."""
        return self._docker("compose", *words)

    def _docker(self, *words: str) -> str:
        return subprocess.run(
            ["docker", *words], cwd=ROOT, env=self._environment, stdout=subprocess.PIPE, text=True, check=True
        ).stdout

    def sql(self, query: str) -> list[list[str]]:
        """Rows of a query, their columns as text; asked again while Postgres is away."""
        psql = ("psql", "-U", "overread", "-d", "overread", "-At", "-F", "\t", "-c", query)
        command = ["docker", "compose", "exec", "-T", "postgres", *psql]

        def ask() -> list[str] | None:
            done = subprocess.run(
                command, cwd=ROOT, env=self._environment, stdout=subprocess.PIPE, text=True, check=False
            )
            return None if done.returncode else [done.stdout]

        return [line.split("\t") for line in until(ask)[0].splitlines()]  # type: ignore[index]

    def number(self, query: str) -> int:
        return int(self.sql(query)[0][0])

    def sign_in(self) -> None:
        """By the link that the api's log prints at the first start."""
        token = until(lambda: re.search(r"#token=(\S+)", self.compose("logs", "--no-log-prefix", "api")))
        until(self.answers)
        self._client.post(f"{API}/sign-in/link", json={"token": token[1]}).raise_for_status()  # type: ignore[index]

    def answers(self) -> bool:
        """Whether the api can be reached, and reaches Postgres, as the person who signed in."""
        try:
            return self._client.get(f"{API}/me").status_code in (200, 401)
        except httpx2.TransportError:
            return False

    def get(self, path: str) -> Any:
        """An answer; while the stack recovers it may take some tries."""
        until(self.answers)
        return self._ask("GET", path)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        until(self.answers)
        return self._ask("POST", path, json=body)

    def _ask(self, method: str, path: str, **body: Any) -> Any:
        answer = self._client.request(method, API + path, **body)
        assert answer.is_success, answer.text
        return answer.json()

    def kill(self, service: str) -> None:
        """SIGKILL from outside, and up again by the restart policy. `docker kill` would count as somebody's wish to
        have it stopped, after which an engine starts nothing again."""
        container = self.compose("ps", "-q", service).strip()
        before = self._docker("inspect", "-f", "{{.RestartCount}}", container)
        pid = self._docker("inspect", "-f", "{{.State.Pid}}", container).strip()
        code = f"import os; os.kill({pid}, 9)"
        outside = ("--rm", "--pid", "host", "--user", "0", "--cap-add", "KILL", "--entrypoint", "python")
        self._docker("run", *outside, "overread:local", "-c", code)
        state = "{{.RestartCount}} {{.State.Running}}"
        until(lambda: self._docker("inspect", "-f", state, container).split() == [str(int(before) + 1), "true"])

    def processes_of_jobs(self) -> int:
        """Processes that compute jobs in the worker's container: trainings and their loaders."""
        code = (
            "from pathlib import Path; "
            "commands = [p.read_bytes() for p in Path('/proc').glob('[0-9]*/cmdline') if p.exists()]; "
            "print(sum(b'overread_worker.tasks' in command for command in commands))"
        )
        return int(self.compose("exec", "-T", "worker", "python", "-c", code))


def write_films(folder: Path, phantom: Phantom, masks: bool) -> None:
    """The phantom's films as the reader ``folder`` takes them: PNG, each mask beside its film."""
    folder.mkdir(parents=True)
    for index in range(phantom.count):
        light, truth = make_film(phantom, index)
        cv2.imwrite(str(folder / f"P{index:04d}_film.png"), np.rint(light * 255).astype(np.uint8))
        for finding, mask in truth.items():
            if masks and mask.any():
                cv2.imwrite(str(folder / f"P{index:04d}_film__{finding}.png"), mask.astype(np.uint8) * 255)
