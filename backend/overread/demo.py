"""The whole loop on phantom films, through the same HTTP API that everything else uses."""

import json
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
from rich.progress import Progress, TaskID, TimeElapsedColumn
from rich.text import Text

from overread.console import check_port, console, own_process
from overread.db.session import Database, migrate
from overread.domain.errors import OverreadError
from overread.embedded import servers
from overread.services.films.projects import FINDINGS
from overread.services.people.accounts import invite
from overread.settings import Settings
from overread.simulated_reader import read_audit

PROJECT = "demo"
HELD_OUT = 0.2  # of the pool's patients: about thirty
LICENCE = "made by Overread"
SIZE = 96
HOSPITAL = {"count": 96, "size": SIZE, "seed": 1, "shares": {"train": 0.7, "development": 0.3}}
EXTERNAL = {"count": 48, "size": SIZE, "seed": 2, "shift": 0.3}
POOL = {"count": 160, "size": SIZE, "seed": 3, "shift": 0.3, "distractors": 0.3, "labelled": 0.5}
SOURCES: tuple[dict[str, Any], ...] = (
    {"name": "hospital", "role": "labelled", "options": HOSPITAL},
    {"name": "hospital-b", "role": "external", "options": EXTERNAL},
    {"name": "pool", "role": "pool", "options": POOL},
)
AUDIT = {
    "alpha": 0.35,
    "delta": 0.05,
    "min_reads": 20,
    "measure": 30,
    "fix": 40,
    "sentinel": 20,
    "holdout": 20,
    "holdout_margin": 0.3,  # what the patients of so small a pool can show
    "second": 0.0,  # the demo has one reader
}
LAUNCHES: tuple[dict[str, Any], ...] = (
    {"recipes": ["demo-teacher-a", "demo-teacher-b"], "seed": 0, **AUDIT},
    {"recipes": ["demo-student"], "seed": 1, **AUDIT},
)


class DemoFailed(OverreadError):
    """A step of the demo did not end as it should; the sentence says which."""

    type, title, status = "demo-failed", "The demo failed", 500


class Api:
    """A signed-in client of the service; any answer but a success is an error with its sentence."""

    def __init__(self, url: str) -> None:
        self._client = httpx2.Client(base_url=url, timeout=120)

    def __call__(self, method: str, path: str, **options: Any) -> Any:
        response = self._client.request(method, f"/api/v1{path}", **options)
        if not response.is_success:
            raise DemoFailed(
                f"{method} {path}: {response.json().get('detail', response.text)}", status=response.status_code
            )
        return response.json() if response.content else None


def run_demo(folder: Path, port: int, *, stay: bool, report: Path | None) -> None:
    """Start everything, run iteration 0, then serve; or play the reader, run iteration 1, report and stop."""
    started = time.monotonic()
    check_port("127.0.0.1", port)
    base = Settings(data_folder=folder.resolve(), port=port)
    with ExitStack() as stack:
        settings = stack.enter_context(servers(base))
        migrate(settings.database_url)
        stack.enter_context(own_process(settings, "worker", "--concurrency", "2"))
        stack.enter_context(own_process(settings, "serve", "--port", str(port)))
        api = Api(settings.public_url)
        _wait_until_up(settings.public_url)
        api("POST", "/sign-in/link", json={"token": _token(settings, "demo script")})
        link = settings.sign_in_link(_token(settings, "demo"), at_once=True)
        console.print(Text("Open", style="bold"), link, soft_wrap=True)
        seconds = {"start": time.monotonic() - started}
        project = _project(api)
        seconds["import"] = _timed(lambda: _import(api, project["id"]))
        if stay:
            _first_iteration(api, project["id"])
            console.print("The audit is open. Read at the address above; Ctrl+C stops (nothing is lost).")
            signal.pause()
        else:
            for index, launch in enumerate(LAUNCHES):
                seconds[f"iteration {index}"] = _timed(partial(_iterate, api, project, launch))
            seconds["total"] = time.monotonic() - started
            _write_report(api, project["id"], report, seconds)


def _token(settings: Settings, name: str) -> str:
    database = Database(settings.database_url)
    with database.transaction() as session:
        token = invite(session, name, "admin")
    database.engine.dispose()
    return token


def _wait_until_up(url: str) -> None:
    for _ in range(300):
        try:
            httpx2.get(f"{url}/api/openapi.json", timeout=5)
            return
        except httpx2.TransportError:
            time.sleep(0.1)
    raise DemoFailed(f"The service did not come up at {url}. Is the port taken?")


def _timed(step: Callable[[], object]) -> float:
    started = time.monotonic()
    step()
    return round(time.monotonic() - started, 2)


def _project(api: Api) -> dict[str, Any]:
    known = [project for project in api("GET", "/projects") if project["name"] == PROJECT]
    new = {"name": PROJECT, "findings": list(FINDINGS), "holdout": HELD_OUT}
    return dict(known[0] if known else api("POST", "/projects", json=new))


def _import(api: Api, project_id: int) -> None:
    """All sources at once; one that an earlier demo imported adds nothing."""
    path = f"/projects/{project_id}/sources"
    jobs = [api("POST", path, json={"reader": "phantom", "licence": LICENCE, **source}) for source in SOURCES]
    _follow("sources", lambda: [api("GET", f"/jobs/{job['id']}") for job in jobs])


def _follow(what: str, look: Callable[[], list[dict[str, Any]]]) -> None:
    """Show the jobs' progress until all are done."""
    with Progress(*Progress.get_default_columns(), TimeElapsedColumn(), console=console) as bars:
        tasks: dict[int, TaskID] = {}
        while True:
            jobs = look()
            for job in jobs:
                if job["id"] not in tasks:
                    tasks[job["id"]] = bars.add_task(f"{what}: {job['kind']}", total=None)
                task = tasks[job["id"]]
                progress = job["progress"]
                total = progress.get("total") or (1 if job["state"] == "done" else None)
                bars.update(task, total=total, completed=total if job["state"] == "done" else progress.get("done", 0))
            ended = [job for job in jobs if job["state"] in ("failed", "cancelled")]
            if ended:
                raise DemoFailed(f"{what}: {ended[0]['kind']} {ended[0]['state']}: {ended[0]['error']}")
            if jobs and all(job["state"] == "done" for job in jobs):
                return
            time.sleep(0.5)


def _launch(api: Api, project_id: int, plan: dict[str, Any]) -> dict[str, Any]:
    """Launch an iteration and wait until its audit is open."""
    iteration = api("POST", f"/projects/{project_id}/iterations", json=plan)
    path = f"/iterations/{iteration['id']}"
    while iteration["stage"] not in ("auditing", "failed", "cancelled"):
        _follow(f"iteration {iteration['index']}", lambda: api("GET", path)["jobs"])
        iteration = api("GET", path)
    if iteration["stage"] != "auditing":
        raise DemoFailed(f"Iteration {iteration['index']} ended {iteration['stage']}.")
    return dict(iteration)


def _uncertified(api: Api, project_id: int) -> list[str]:
    open_audits = [i for i in api("GET", f"/projects/{project_id}/iterations") if i["stage"] == "auditing"]
    if not open_audits:
        return []
    clauses = api("GET", f"/iterations/{open_audits[-1]['id']}/gate")["verdict"]["clauses"]
    failed = [one for one in clauses if not one["passed"] and one["name"] in ("enough-reads", "certified-error")]
    for clause in failed:
        console.print(f"withheld: {clause['sentence']}")
    return sorted({clause["finding"] for clause in failed})


def _first_iteration(api: Api, project_id: int) -> None:
    """Launch iteration 0 unless an earlier demo in this folder did."""
    known = api("GET", f"/projects/{project_id}/iterations")
    if not [iteration for iteration in known if iteration["stage"] not in ("failed", "cancelled")]:
        _launch(api, project_id, LAUNCHES[0])


def _iterate(api: Api, project: dict[str, Any], plan: dict[str, Any]) -> None:
    """One turn of the loop: launch (the gate of the turn before is judged here), then read the whole audit.

    A finding that the last audit did not certify is withheld: it adds no pseudo labels, and the gate can open.
    """
    iteration = _launch(api, project["id"], plan | {"withhold": _uncertified(api, project["id"])})
    reads = read_audit(api, iteration["audit_id"], POOL)
    gate = api("GET", f"/iterations/{iteration['id']}/gate")
    console.print(f"iteration {iteration['index']}: {reads} cases read, gate {'open' if gate['open'] else 'shut'}")


def _write_report(api: Api, project_id: int, path: Path | None, seconds: dict[str, float]) -> None:
    iterations = api("GET", f"/projects/{project_id}/iterations")
    body = {
        "iterations": [api("GET", f"/iterations/{iteration['id']}/report") for iteration in iterations],
        "training_sets": [iteration["training_set_sha256"] for iteration in iterations],
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
    }
    text = json.dumps(body, indent=2)
    if path is None:
        print(text)
    else:
        path.write_text(text)
        console.print(f"report: {path}")
