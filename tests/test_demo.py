"""The demo's two arms on real rows: one teacher, two students, and what its report and its page are told."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

import overread.demo
from overread.app import create_app
from overread.demo import Demo
from overread.demo_arms import AUDIT, UNREAD, Api, Arm, Scale
from overread.domain.imaging.beside import MACRO
from overread.services.reports.demo import LetIn
from overread.settings import Settings
from tests.api.steps import sign_in
from tests.loop import FINDINGS, Loop
from tests.work_folders import TINY, work

SMALL = Scale(
    hospital=14, external=12, pool=60, size=32, teacher=TINY, student=TINY | {"from_teacher": True, "epochs": 4}
)


@pytest.fixture
def demo(loop: Loop, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Demo]:
    """A demo far too small to learn anything, whose jobs are done where it waits for them."""
    # Of masks that nothing was learned for, planted errors are told by nobody.
    monkeypatch.setitem(AUDIT, "sentinel", 0)
    monkeypatch.setattr(overread.demo, "follow", lambda *_asked: work(loop, settings))
    monkeypatch.setattr(overread.demo, "wait", lambda *_asked: work(loop, settings))
    with TestClient(create_app(settings), base_url=settings.public_url) as client:
        yield Demo(settings, Api(sign_in(client, loop, "admin")), 7, SMALL, {})


def test_one_teacher_two_students_and_what_the_gate_let_in(demo: Demo, settings: Settings, tmp_path: Path) -> None:
    demo.teach()
    assert demo.read.teacher() == demo.unread.teacher()
    demo.students(demo.read.read)
    found = demo.compare()
    assert list(found.beside.scores) == ["teacher", "unread", "read"]
    assert [(one.of, one.since) for one in found.beside.differences] == [
        ("unread", "teacher"), ("read", "teacher"), ("read", "unread"),
    ]  # fmt: skip
    assert found.beside.films == SMALL.external
    assert set(found.beside.scores["read"]) == {*FINDINGS, MACRO}
    assert 0 < found.reading.films < SMALL.pool
    assert found.reading.reads >= found.reading.films
    withheld = {one.finding for one in found.let_in if one.withheld}
    assert withheld == set(demo.read.iterations()[1]["plan"]["withhold"])
    assert all(one.let_in == 0 for one in found.let_in if one.withheld)

    overread.demo.write_report(demo, found, tmp_path / "report.json")
    told = json.loads((tmp_path / "report.json").read_text())
    assert [one["index"] for one in told["iterations"]] == [one["index"] for one in told["unread"]["iterations"]]
    assert told["comparison"]["teacher"] == found.teacher
    assert told["unread"]["iterations"][0]["audit"]["reads"] == 0
    assert demo.api("GET", "/demo")["reading"]["films"] == found.reading.films


def test_the_unread_arm_goes_through_its_shut_gate_by_name(demo: Demo) -> None:
    demo.teach()
    demo.students(demo.read.read)
    gate = demo.api("GET", f"/iterations/{demo.unread.iterations()[0]['id']}/report")["gate"]
    assert (gate["override"], gate["reason"]) == (True, UNREAD)
    assert demo.unread.iterations()[1]["plan"]["override"] == UNREAD
    epochs = [arm.iterations()[1]["plan"]["recipes"][0]["epochs"] for arm in (demo.unread, demo.read)]
    assert epochs == [5, 4]
    assert demo.read.iterations()[1]["plan"]["override"] is None


def test_a_gate_that_stays_shut_is_waited_for(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person launches in the web what the demo was refused."""
    demo.teach()
    monkeypatch.setattr(demo.read, "withheld", list)
    plan = {"recipes": [SMALL.student], "override": "a person's reason"}
    path = f"/projects/{demo.read.project}/iterations"
    monkeypatch.setattr(time, "sleep", lambda _seconds: demo.api("POST", path, json=plan))
    demo.students(lambda: None, patient=True)
    assert demo.read.iterations()[1]["plan"]["override"] == "a person's reason"


def test_a_demo_that_was_cut_short_goes_on(demo: Demo) -> None:
    demo.teach()
    first = demo.read.iterations()
    demo.teach()
    assert demo.read.iterations() == first


@pytest.mark.parametrize(("teaches", "decided", "taught"), [("contour", 5, 2), ("all", 12, 3)])
def test_only_labels_that_may_teach_the_student_are_counted(teaches: str, decided: int, taught: int) -> None:
    """Of contours a machine's negatives teach nothing, though they stand in the training set."""
    targets = [
        {"nodule": {"kind": "pseudo", "mask": "a" * 64}, "fibrosis": {"kind": "read", "mask": None}},
        {"nodule": {"kind": "pseudo", "mask": "b" * 64}},
        {"nodule": {"kind": "pseudo", "mask": None}, "fibrosis": {"kind": "reference", "mask": "c" * 64}},
    ]
    labels = {"positive": 5, "negative": 7, "uncertain": 9}
    plan = {"recipes": [{"pseudo": {"teaches": teaches}}], "withhold": ["fibrosis"]}
    told = {
        "/projects": [{"id": 1, "name": "demo"}],
        "/projects/1/iterations": [
            {"stage": "closed", "decisions": {"nodule": labels, "fibrosis": labels}},
            {"stage": "auditing", "plan": plan, "training_set_sha256": "d"},
        ],
        "/training-sets/d/manifest": [{"targets": one} for one in targets],
    }
    arm = Arm(lambda _method, path: told[path], "demo", 0, SMALL)  # type: ignore[arg-type]
    assert arm.let_in() == (LetIn("fibrosis", decided, 0, True), LetIn("nodule", decided, taught, False))
