"""What the demo does with its two arms: from one teacher, a student of its labels as they are, and a student of what
people read and the gate let in.

The arms are two projects with the same films and the same seeds, so that their teachers are the same to the bit. All of
it goes through the HTTP API that everything else uses.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
from rich.progress import Progress, TaskID, TimeElapsedColumn

from overread.console import console
from overread.domain.errors import OverreadError
from overread.domain.learning.recipe.values import to_mapping
from overread.domain.words import TAUGHT
from overread.recipes import load
from overread.services.films.projects import FINDINGS
from overread.services.reports.demo import LetIn, Reading
from overread.simulated_reader import read_audit

LICENCE = "made by Overread"
HELD_OUT = 0.05  # of the pool's patients
SIZE = 256
UNREAD = "The demo's unread arm: nobody reads these labels, and the student learns from all of them."
AUDIT: dict[str, float | str] = {
    "alpha": 0.3,
    "delta": 0.05,
    "min_reads": 20,
    "measure": 20,  # a finding, in the mean
    "fix": 30,
    "sentinel": 20,
    "holdout": 10,
    "second": 0.0,  # the demo has one reader
}
LONGER = 1.25  # an epoch passes what people told once, and the unread arm has less of that: so it takes no fewer steps


class DemoFailed(OverreadError):
    """A step of the demo did not end as it should; the sentence says which."""

    type, title, status = "demo-failed", "The demo failed", 500


class Api:
    """A signed-in client of the service; any answer but a success is an error with its sentence."""

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client

    def __call__(self, method: str, path: str, **options: Any) -> Any:
        response = self._client.request(method, f"/api/v1{path}", **options)
        if not response.is_success:
            raise DemoFailed(
                f"{method} {path}: {response.json().get('detail', response.text)}", status=response.status_code
            )
        if response.headers.get("content-type") == "application/jsonl":
            return [json.loads(line) for line in response.text.splitlines()]
        return response.json() if response.content else None


@dataclass(frozen=True)
class Scale:
    """How many films the demo draws, and by which recipes it learns."""

    hospital: int = 96
    external: int = 120
    pool: int = 800
    size: int = SIZE
    teacher: str | Mapping[str, Any] = "demo-teacher-a"
    student: str | Mapping[str, Any] = "demo-student"

    def unread_student(self) -> Mapping[str, Any]:
        """The student's recipe, with more epochs: one that learns all that the labels say, as the study's did."""
        whole = to_mapping(load(self.student)) if isinstance(self.student, str) else self.student
        pseudo = {**whole.get("pseudo", {}), "teaches": "all"}
        return {**whole, "epochs": round(LONGER * whole["epochs"]), "pseudo": pseudo}

    def sources(self, seed: int) -> list[dict[str, Any]]:
        """The three sources of a seed: one hospital with masks, another for scores, and its pool."""
        shares = {"train": 0.7, "development": 0.3}
        away = {"size": self.size, "shift": 0.3, "distractors": 0.3}
        hospital = {"count": self.hospital, "size": self.size, "seed": 10 * seed + 1, "shares": shares}
        external = {"count": self.external, "seed": 10 * seed + 2, **away}
        pool = {"count": self.pool, "seed": 10 * seed + 3, "labelled": 0.5, **away}
        sources = ("hospital", "labelled", hospital), ("hospital-b", "external", external), ("pool", "pool", pool)
        return [{"name": name, "role": role, "options": options} for name, role, options in sources]


STANDARD = Scale()


class Arm:
    """One of the two projects: what it has launched, and its next launch."""

    def __init__(self, api: Api, name: str, seed: int, scale: Scale) -> None:
        self.api, self.seed, self.scale = api, seed, scale
        known = [project for project in api("GET", "/projects") if project["name"] == name]
        new = {"name": name, "findings": list(FINDINGS), "holdout": HELD_OUT}
        self.project: int = (known[0] if known else api("POST", "/projects", json=new))["id"]

    def import_films(self) -> list[int]:
        """Jobs that import its sources; one that an earlier demo imported adds nothing."""
        path = f"/projects/{self.project}/sources"
        sources = self.scale.sources(self.seed)
        return [
            self.api("POST", path, json={"reader": "phantom", "licence": LICENCE, **source})["id"] for source in sources
        ]

    def iterations(self) -> list[dict[str, Any]]:
        """Its iterations, oldest first, as the API tells them."""
        told = self.api("GET", f"/projects/{self.project}/iterations")
        return [one for one in told if one["stage"] not in ("failed", "cancelled")]

    def launch(self, index: int, **declared: Any) -> int:
        """Launch an iteration unless an earlier demo in this folder did; its id."""
        known = [one["id"] for one in self.iterations() if one["index"] == index]
        recipe = self.scale.student if index else self.scale.teacher
        plan = {"recipes": [recipe], "seed": 2 * self.seed + index, **AUDIT, **declared}
        if known:
            return int(known[0])
        return int(self.api("POST", f"/projects/{self.project}/iterations", json=plan)["id"])

    def teacher(self) -> str:
        """The hash of the network that labels in iteration 0."""
        first = self.api("GET", f"/iterations/{self.iterations()[0]['id']}")
        return str(first["runs"][0]["checkpoint_sha256"])

    def read(self) -> None:
        """Read the whole audit of iteration 0, by the phantom's truth."""
        read_audit(self.api, self.iterations()[0]["audit_id"], self.scale.sources(self.seed)[-1]["options"])

    def withheld(self) -> list[str]:
        """Findings that the audit did not certify: they add no pseudo labels, so that the gate can open."""
        gate = self.api("GET", f"/iterations/{self.iterations()[0]['id']}/gate")
        failed = [
            one
            for one in gate["verdict"]["clauses"]
            if not one["passed"] and one["name"] in ("enough-reads", "certified-error")
        ]
        for clause in failed:
            console.print(f"withheld: {clause['sentence']}")
        return sorted({clause["finding"] for clause in failed})

    def reading(self) -> Reading:
        """What the audit of iteration 0 cost."""
        first = self.iterations()[0]
        audit = self.api("GET", f"/iterations/{first['id']}/report")["audit"]
        cases = self.api("GET", f"/audits/{first['audit_id']}/cases")
        films = len({case["image_id"] for case in cases if case["done"]})
        return Reading(films, self.scale.pool, audit["reads"], audit["fixed"], audit["seconds"])

    def let_in(self) -> tuple[LetIn, ...]:
        """What of the teacher's labels the student learned from, by finding: of those that its recipe lets teach."""
        first, second = self.iterations()[:2]
        sides = TAUGHT[second["plan"]["recipes"][0]["pseudo"]["teaches"]]
        manifest = self.api("GET", f"/training-sets/{second['training_set_sha256']}/manifest")
        pseudo = [(f, one) for line in manifest for f, one in line["targets"].items() if one["kind"] == "pseudo"]
        taught = Counter(f for f, one in pseudo if one["mask"] is not None or "negative" in sides)
        decided = {f: sum(counts.get(side, 0) for side in sides) for f, counts in first["decisions"].items()}
        withheld = second["plan"]["withhold"]
        return tuple(LetIn(f, decided[f], taught[f], f in withheld) for f in FINDINGS if f in decided)


def follow(what: str, look: Callable[[], Sequence[dict[str, Any]]]) -> None:
    """Show jobs' progress until all are done."""
    with Progress(*Progress.get_default_columns(), TimeElapsedColumn(), console=console) as bars:
        tasks: dict[int, TaskID] = {}
        while True:
            jobs = look()
            for job in jobs:
                if job["id"] not in tasks:
                    tasks[job["id"]] = bars.add_task(f"{what}: {job['kind']}", total=None)
                progress, done = job["progress"], job["state"] == "done"
                total = progress.get("total") or (1 if done else None)
                bars.update(tasks[job["id"]], total=total, completed=total if done else progress.get("done", 0))
            ended = [job for job in jobs if job["state"] in ("failed", "cancelled")]
            if ended:
                raise DemoFailed(f"{what}: {ended[0]['kind']} {ended[0]['state']}: {ended[0]['error']}")
            if jobs and all(job["state"] == "done" for job in jobs):
                return
            time.sleep(1)


def wait(api: Api, what: str, iterations: Sequence[int]) -> None:
    """Wait until these iterations have labelled the pool, and their audits are open."""
    while True:
        told = [api("GET", f"/iterations/{one}") for one in iterations]
        gone = [one for one in told if one["stage"] in ("failed", "cancelled")]
        if gone:
            raise DemoFailed(f"Iteration {gone[0]['index']} ended {gone[0]['stage']}.")
        if all(one["stage"] in ("auditing", "closed") for one in told):
            return
        follow(what, lambda: [job for one in iterations for job in api("GET", f"/iterations/{one}")["jobs"]])
