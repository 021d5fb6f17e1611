"""The command line: a refusal is a sentence on standard error and status 1, whatever went wrong."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from sqlalchemy import select

from overread.console import check_port
from overread.db.session import Database
from overread.db.tables import Source
from overread.doctor import examine
from overread.domain.errors import Conflict
from overread.services.films import projects
from overread.services.films.imports import import_source
from overread.services.loop.unscored import in_words, unscored
from overread.settings import Settings
from tests.commands import run
from tests.datasets.films import dicom
from tests.loop import FINDINGS, Loop
from tests.services.films.folders import exported_again, shown

SECRET = "wA9-27hXkQm_51tVbYc0ZsLdEfGj3RuN"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["import", "p", "folder", "nowhere"], "is not a folder"),
        (["import", "p", "csv"], "There is no reader 'csv'"),
        (["import", "p", "phantom", "--role", "gold"], "There is no role 'gold'"),
        (["import", "p", "phantom", "--options", "not json"], "--options is no JSON"),
        (["import", "p", "phantom", "--options", "[1]"], "--options is a JSON object"),
        (["import", "p", "phantom", "--options", '{"count": "9"}'], "count of a phantom cannot be '9'"),
        (["import", "p", "phantom", "--options", '{"shares": {"train": "all"}}'], "shares must give"),
        (["import", "p\n", "phantom"], "1 to 100 printable characters"),
        (["iterate", "p", "--recipe", "demo-teacher-a"], "There is no project 'p'"),
        (["report", "p"], "There is no project 'p'"),
        (["export-manifest", "../../etc/passwd"], "There is no training set"),
        (["recipes", "show", "nope"], "There is no recipe 'nope'"),
        (["invite", "ada", "--role", "root"], "'root' is no role"),
    ],
)
def test_a_refusal_is_a_sentence(
    installation: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    sentence: str,
) -> None:
    assert run(monkeypatch, *words) == 1
    told = capsys.readouterr()
    assert sentence in told.err
    assert "Traceback" not in told.err
    assert told.out == ""


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"DATABASE_URL": "postgresql+psycopg://x@127.0.0.1:1/x"}, "The database does not answer"),
        ({"REDIS_URL": ""}, "Set both DATABASE_URL and REDIS_URL, or neither"),
        ({"DATABASE_URL": "mysql://x:geheim@127.0.0.1/x"}, "A Postgres URL is wanted"),
        ({"REDIS_URL": "here"}, "A Redis URL is wanted"),
        ({"OVERREAD_TRUSTED_PROXIES": "10.0.0.0/33"}, "OVERREAD_TRUSTED_PROXIES: Addresses and networks are wanted"),
        ({"OVERREAD_PUBLIC_URL": "ftp://x"}, "OVERREAD_PUBLIC_URL: An address is wanted"),
        ({"OVERREAD_PORT": "many"}, "OVERREAD_PORT: Input should be a valid integer"),
        ({"DATABASE_URL": "", "REDIS_URL": "", "OVERREAD_DATA_FOLDER": "/dev/null/x"}, "cannot hold the data"),
    ],
)
def test_a_bad_environment_is_a_sentence(
    installation: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changes: dict[str, str],
    sentence: str,
) -> None:
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    assert run(monkeypatch, "report", "p") == 1
    told = capsys.readouterr().err
    assert sentence in told
    assert "geheim" not in told


def test_migrate_without_a_database_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "migrate") == 1
    assert "Set DATABASE_URL" in capsys.readouterr().err


@pytest.mark.parametrize("secret", ["", "changeme", "short"])
def test_a_blank_or_known_secret_does_not_serve(
    installation: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], secret: str
) -> None:
    monkeypatch.setenv("OVERREAD_SECRET", secret)
    assert run(monkeypatch, "serve", "--port", "0") == 1
    told = capsys.readouterr()
    assert "OVERREAD_SECRET is blank" in told.err
    assert "token=" not in told.out


def test_a_new_project_has_the_findings_that_are_named_and_keeps_them(
    installation: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.eye(9, dtype=np.uint8))
    cv2.imwrite(str(tmp_path / "a__mass.png"), np.eye(9, dtype=np.uint8))
    command = ["import", "p", "folder", str(tmp_path), "--finding"]
    assert run(monkeypatch, *command, "mass", "--finding", "rib_fracture") == 0
    told = capsys.readouterr().out
    assert "added 1" in told
    assert "rib_fracture: no film has it." in told
    assert run(monkeypatch, *command, "rib_fracture", "--finding", "mass") == 0
    assert run(monkeypatch, *command, "nodule") == 1
    assert "has the findings mass, rib_fracture, for ever" in capsys.readouterr().err
    assert run(monkeypatch, "import", "q", "folder", str(tmp_path), "--finding", "Rib fracture") == 1
    assert "is no finding's id" in capsys.readouterr().err


def test_an_import_counts_and_names_what_was_refused(
    installation: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / "a.png").write_bytes(b"")
    cv2.imwrite(str(tmp_path / "films" / "b.png"), np.eye(9, dtype=np.uint8))
    command = ["import", "p", "folder", str(tmp_path / "films")]
    assert run(monkeypatch, *command, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["refused"], told["refusals"][0]["file"], told["remarks"]) == (1, "a.png", [])
    assert run(monkeypatch, *command) == 0
    said = capsys.readouterr().out
    assert "refused a.png: the file is empty (0 bytes)" in said
    assert "1 films name no patient: each is taken for a patient of its own." in said
    for number in (1, 2):
        pixels = np.full((9, 9), number, np.uint8)
        (tmp_path / "films" / f"c{number}.dcm").write_bytes(dicom(pixels, PixelSpacing=[0, 0]))
    assert run(monkeypatch, *command) == 0
    assert "added 2 films: its PixelSpacing is unusable; " in capsys.readouterr().out


def test_what_is_said_of_many_films_is_printed_once(
    installation: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    films = tmp_path / "films"
    films.mkdir()
    for name, square in {"b": 9, "c": 8, "d": 7, "b__nodule": 9, "gone__nodule": 9}.items():
        cv2.imwrite(str(films / f"{name}.png"), np.eye(square, dtype=np.uint8))
    assert run(monkeypatch, "import", "many", "folder", str(films)) == 0
    said = capsys.readouterr().out
    assert "added 2 films: unknown, not absent, since masks were refused: nodule" in said
    (films / "e.png").write_bytes((films / "d.png").read_bytes())
    assert run(monkeypatch, "import", "many", "folder", str(films)) == 0
    assert "unchanged e.png: same pixels as d.png" in capsys.readouterr().out


@pytest.mark.parametrize("bad", [True, False])
def test_an_import_that_brings_no_film_fails_with_a_sentence(
    installation: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    bad: bool,
) -> None:
    (tmp_path / "films").mkdir()
    if bad:
        (tmp_path / "films" / "a.png").write_bytes(b"")
    assert run(monkeypatch, "import", "none", "folder", str(tmp_path / "films")) == 1
    told = capsys.readouterr()
    assert ("refused a.png: the file is empty (0 bytes)" in told.out) is bad
    assert "The source brought no film: " in told.err


def test_an_import_tells_of_near_twins_in_another_split(
    installation: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for role in ("labelled", "pool"):
        (tmp_path / role).mkdir()
    shown(tmp_path / "labelled" / "a.png", 0)
    exported_again(tmp_path / "pool" / "b.jpg", tmp_path / "labelled" / "a.png")
    for role in ("labelled", "pool"):
        assert run(monkeypatch, "import", "p", "folder", str(tmp_path / role), "--name", role, "--role", role) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "1 films have a near twin in another split, such as pool/b.jpg and labelled/a.png: what is learned" in said


def test_recipes_are_named_without_a_further_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "recipes", "--json") == 0
    assert "demo-teacher-a" in json.loads(capsys.readouterr().out)


def test_a_launch_says_which_finding_it_cannot_teach(
    installation: Settings, loop: Loop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with loop.database.transaction() as session:
        project = projects.create_project(session, "one-sided", [*FINDINGS, "mass"])
        for role in ("labelled", "pool"):
            new = projects.NewSource(role, "phantom", role, "made here", options=options(role))
            projects.create_source(session, project.id, new)
        sources = session.scalars(select(Source.id).where(Source.project_id == project.id)).all()
    for source in sources:
        import_source(loop.database, loop.blobs, source)
    said = {
        "findings that no film has": ["fibrosis"],
        "findings that every film has": ["nodule"],
        "findings that no film tells of": ["mass"],
        "findings that no development film tells of": [*FINDINGS, "mass"],  # none was drawn into it
    }
    for name, expected in (("loop", scored_by(loop)), ("one-sided", said)):
        assert run(monkeypatch, "iterate", name, "--recipe", "demo-teacher-a", "--json") == 0
        told = json.loads(capsys.readouterr().out)
        assert {why: named for why, named in told.items() if why.startswith("findings")} == expected


def scored_by(loop: Loop) -> dict[str, list[str]]:
    """What the development films of this project lack."""
    with loop.database.transaction() as session:
        return in_words(unscored(session, loop.project_id))


def options(role: str) -> dict[str, Any]:
    """No film has fibrosis, and all have a nodule."""
    prevalence = dict.fromkeys(FINDINGS, 0.5) | {"fibrosis": 0.0, "nodule": 1.0}
    shares = {"shares": {"train": 1.0}} if role == "labelled" else {}
    return {"count": 20, "size": 32, "seed": len(role), "prevalence": prevalence, **shares}


def test_a_recipe_is_shown_as_a_file_and_compared(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(monkeypatch, "recipes", "show", "study-1-finding-iter2") == 0
    own = tmp_path / "own.toml"
    own.write_text(capsys.readouterr().out.replace("epochs = 32", "epochs = 33"))
    assert run(monkeypatch, "recipes", "diff", "study-1-finding-iter2", str(own)) == 0
    table = capsys.readouterr().out
    assert [word in table for word in ("epochs", "32", "33", "batch")] == [True, True, True, False]
    assert run(monkeypatch, "recipes", "diff", "study-1-finding-iter2", str(own), "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"epochs": [32, 33]}


def test_a_manifest_is_exported_whole(
    installation: Settings, loop: Loop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sha256 = loop.launch().training_set_sha256
    assert run(monkeypatch, "export-manifest", sha256, "--to", str(tmp_path / "m.jsonl")) == 0
    assert (tmp_path / "m.jsonl").read_bytes() == loop.blobs.get(sha256)
    assert run(monkeypatch, "export-manifest", sha256, "--to", str(tmp_path / "no" / "m.jsonl")) == 1


def test_a_port_that_is_taken_is_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(Conflict, match="another --port"):
        check_port("127.0.0.1", taken.getsockname()[1])


def test_the_doctor_finds_what_is_wrong(settings: Settings, database: Database, tmp_path: Path) -> None:
    good = settings.model_copy(update={"secret": SECRET})
    assert [f.part for f in examine(good) if not f.well and f.part not in ("Chromium", "front end")] == []
    bad = Settings(
        database_url="postgresql+psycopg://x@127.0.0.1:1/x",
        redis_url="redis://127.0.0.1:1",
        data_folder=Path("/dev/null/x"),
        frontend_dist=tmp_path,
    )
    ill = {finding.part: finding for finding in examine(bad) if not finding.well}
    assert {"Postgres", "Valkey or Redis", "secret", "data folder", "front end"} <= set(ill)
    assert all(finding.remedy for finding in ill.values())


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells children of our death on Linux only")
@pytest.mark.parametrize("request_", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_beside_us_does_not_outlive_us(installation: Settings, request_: signal.Signals) -> None:
    code = (
        "import time; from overread.console import own_process; from overread.settings import Settings\n"
        "with own_process(Settings(), 'worker'): print('up', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=os.environ.copy()) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        threads = Path(f"/proc/{parent.pid}/task").glob("*/children")
        children = [child for thread in threads for child in thread.read_text().split()]
        assert len(children) == 1
        parent.send_signal(request_)
    # Nobody can wait for it after kill -9; when asked to end, we end after it.
    deadline = time.monotonic() + (30 if request_ == signal.SIGKILL else 0)
    while Path(f"/proc/{children[0]}").exists() and "Z" not in Path(f"/proc/{children[0]}/stat").read_text().split()[2]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
