"""The whole loop on phantom films, in two arms from one teacher: unread, and read and gated (``demo_arms``)."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx2
from pydantic import TypeAdapter
from rich.text import Text

from overread.console import check_port, console, own_process
from overread.db.session import Database, migrate
from overread.demo_arms import STANDARD, UNREAD, Api, Arm, DemoFailed, Scale, follow, wait
from overread.domain.imaging.beside import MACRO, Beside, Estimate
from overread.embedded import servers
from overread.services.people.accounts import invite
from overread.services.reports.demo import DemoReport, write_demo
from overread.settings import Settings

SHUT = 409  # a gate's answer to a launch that it does not let through
LOOK_SECONDS = 2.0  # between looks at how far a person has read


def run_demo(
    folder: Path, port: int, *, stay: bool, report: Path | None, seed: int = 0, scale: Scale = STANDARD
) -> DemoReport:
    """Start everything, teach the teacher, open its audit. Then serve, and go on once a person has read it; or play the
    reader, go on, report and stop."""
    started = time.monotonic()
    check_port("127.0.0.1", port)
    base = Settings(data_folder=folder.resolve(), port=port)
    with ExitStack() as stack:
        settings = stack.enter_context(servers(base))
        migrate(settings.database_url)
        stack.enter_context(own_process(settings, "worker", "--concurrency", "2"))
        stack.enter_context(own_process(settings, "serve", "--port", str(port)))
        api = Api(httpx2.Client(base_url=settings.public_url, timeout=120))
        _wait_until_up(settings.public_url)
        api("POST", "/sign-in/link", json={"token": _token(settings, "demo script")})
        link = settings.sign_in_link(_token(settings, "demo"), at_once=True)
        console.print(Text("Open", style="bold"), link, soft_wrap=True)
        demo = Demo(settings, api, seed, scale, {"start": round(time.monotonic() - started, 2)})
        demo.teach()
        demo.students(demo.await_reader if stay else demo.read.read, patient=stay)
        found = demo.compare()
        demo.seconds["total"] = round(time.monotonic() - started, 2)
        if report is not None or not stay:
            write_report(demo, found, report)
        _say(found, settings.public_url)
        if stay:
            signal.pause()
        return found


class Demo:
    """One demo: the two arms, what it does with them in turn, and how long each part took."""

    def __init__(self, settings: Settings, api: Api, seed: int, scale: Scale, seconds: dict[str, float]) -> None:
        self.settings, self.api, self.seed, self.seconds = settings, api, seed, seconds
        suffix = f" {seed}" if seed else ""
        self.read = Arm(api, f"demo{suffix}, read", seed, scale)
        self.unread = Arm(api, f"demo{suffix}, unread", seed, scale)
        self.arms = (self.read, self.unread)

    def teach(self) -> None:
        """Import the films, and have the teacher label the pool, once in each arm: the same network to the bit."""
        with self._timed("import"):
            jobs = [job for arm in self.arms for job in arm.import_films()]
            follow("sources", lambda: [self.api("GET", f"/jobs/{job}") for job in jobs])
        with self._timed("teacher"):
            wait(self.api, "teacher", [arm.launch(0) for arm in self.arms])
        teachers = {arm.teacher() for arm in self.arms}
        if len(teachers) > 1:
            raise DemoFailed("The two arms have different teachers, and cannot be compared.")

    def students(self, read: Callable[[], None], patient: bool = False) -> None:
        """A student in each arm: of labels that nobody reads, and of the audit as ``read`` leaves it.

        ``patient``: where its gate stays shut, wait until somebody has opened it.
        """
        with self._timed("students"):
            unread = self.unread.launch(1, recipes=[self.unread.scale.unread_student()], override=UNREAD)
            read()
            wait(self.api, "students", [unread, self._audited(patient)])

    def _audited(self, patient: bool) -> int:
        try:
            return self.read.launch(1, withhold=self.read.withheld())
        except DemoFailed as refused:
            if not patient or refused.extra["status"] != SHUT:
                raise
            console.print(f"{refused.detail} Read on, or launch the next iteration in the web.", markup=False)
            while len(self.read.iterations()) < 2:
                time.sleep(LOOK_SECONDS)
            return self.read.launch(1)

    def await_reader(self) -> None:
        """Until a person has read the audit, or has launched the next iteration themselves."""
        audit = self.read.iterations()[0]["audit_id"]
        console.print(f"The audit is open: {self.settings.public_url}/audits/{audit}", soft_wrap=True)
        console.print("Once it is read, the demo goes on by itself. Ctrl+C stops (nothing is lost).")
        while len(self.read.iterations()) < 2:
            state = self.api("GET", f"/audits/{audit}")
            if state["cases_done"] == state["cases"]:
                return
            time.sleep(LOOK_SECONDS)

    def compare(self) -> DemoReport:
        """Score all three networks on the same external films; the page of the web draws what is found."""
        with self._timed("comparison"):
            (teacher, read), unread = self.read.iterations()[:2], self.unread.iterations()[1]
            found = self._beside({"teacher": teacher["id"], "unread": unread["id"], "read": read["id"]})
        report = DemoReport(
            self.seed,
            self.read.teacher(),
            self.read.project,
            self.unread.project,
            teacher["audit_id"],
            found,
            self.read.reading(),
            self.read.let_in(),
        )
        write_demo(self.settings.data_folder, report)
        return report

    def _beside(self, iterations: dict[str, int]) -> Beside:
        """In a process of its own: the service never loads what networks need."""
        named = [f"{name}={iteration}" for name, iteration in iterations.items()]
        command = [sys.executable, "-P", "-m", "overread_worker.tasks.beside", *named]
        environment = os.environ | self.settings.environment()
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if ended.returncode:
            raise DemoFailed(f"The networks could not be compared: {ended.stderr.strip().splitlines()[-1:]}")
        return TypeAdapter(Beside).validate_json(ended.stdout)

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        """Keep how long what is done inside takes."""
        started = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - started, 2)


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


def _say(found: DemoReport, url: str) -> None:
    """The outcome in a few lines; the page has the rest."""
    for difference in found.beside.differences:
        mean = difference.scores[MACRO]
        words = f"D-AUC {_change(mean['d_auc'])}, Dice* {_change(mean['dice'])}"
        console.print(f"{difference.of} beside {difference.since}: {words}", highlight=False, markup=False)
    cost = found.reading
    console.print(
        f"{cost.films} of {cost.pool} films read, {cost.seconds / 60:.0f} minutes of reading. The whole page:"
    )
    console.print(f"{url}/demo", soft_wrap=True)


def _change(one: Estimate) -> str:
    """In percent, with its interval."""
    if one.value is None or one.low is None or one.high is None:
        return "n/a"
    return f"{100 * one.value:+.1f} [{100 * one.low:+.1f}, {100 * one.high:+.1f}]"


def write_report(demo: Demo, found: DemoReport, path: Path | None) -> None:
    """The arms' own reports, and what they came to beside each other."""
    body = {
        **_reports(demo.read),
        "unread": _reports(demo.unread),
        "comparison": asdict(found),
        "seconds": demo.seconds,
    }
    text = json.dumps(body, indent=2)
    if path is None:
        print(text)
    else:
        path.write_text(text)
        console.print(f"report: {path}")


def _reports(arm: Arm) -> dict[str, Any]:
    iterations = arm.iterations()
    return {
        "iterations": [arm.api("GET", f"/iterations/{one['id']}/report") for one in iterations],
        "training_sets": [one["training_set_sha256"] for one in iterations],
    }
