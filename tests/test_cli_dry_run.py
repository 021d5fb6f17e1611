"""``overread import --dry-run`` says what the import says afterwards, and leaves nothing."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from overread.db.session import Database
from overread.settings import Settings
from tests.commands import run
from tests.services.films.folders import exported_again, shown
from tests.services.films.kinds import KINDS, all_that_is, with_masks
from tests.waiting import until


@pytest.fixture
def films(tmp_path: Path) -> Path:
    (tmp_path / "films").mkdir()
    return tmp_path / "films"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_dry_run_says_what_the_import_says_and_leaves_nothing(
    installation: Settings,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    films: Path,
    kind: Callable[[Path], None],
) -> None:
    kind(films)
    command = ["import", "p", "folder", str(films)]
    before = all_that_is(database, installation.data_folder)
    for _ in range(2):  # of a new project, then of one that has the source already
        status = run(monkeypatch, *command, "--dry-run")
        first, _, dry = capsys.readouterr().out.partition("\n")
        assert first == "Nothing was stored: this is what the import would say."
        assert all_that_is(database, installation.data_folder) == before
        assert run(monkeypatch, *command) == status
        first, _, real = capsys.readouterr().out.partition("\n")
        assert first.startswith("source ")
        assert dry == real
        before = all_that_is(database, installation.data_folder)


def test_a_dry_run_knows_the_films_that_are_here(
    installation: Settings,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    films: Path,
) -> None:
    for role in ("labelled", "pool"):
        (films / role).mkdir()
    shown(films / "labelled" / "a.png", 0)
    exported_again(films / "pool" / "b.jpg", films / "labelled" / "a.png")
    (films / "pool" / "same.png").write_bytes((films / "labelled" / "a.png").read_bytes())
    assert run(monkeypatch, "import", "p", "folder", str(films / "labelled")) == 0
    before = all_that_is(database, installation.data_folder)
    pool = ["import", "p", "folder", str(films / "pool"), "--role", "pool", "--json"]
    capsys.readouterr()
    assert run(monkeypatch, *pool, "--dry-run") == 0
    dry = json.loads(capsys.readouterr().out)
    assert all_that_is(database, installation.data_folder) == before
    assert run(monkeypatch, *pool) == 0
    real = json.loads(capsys.readouterr().out)
    assert (dry.pop("stored"), dry.pop("project"), dry.pop("source")) == (False, None, None)
    assert (real.pop("stored"), real.pop("project"), real.pop("source") > 1) == (True, 1, True)
    assert dry == real
    assert any("near twin" in note for note in dry["notes"])
    assert [remark["reason"] for remark in dry["remarks"] if remark["file"] == "same.png"] == ["same pixels as a.png"]


def test_a_dry_run_refuses_what_the_import_refuses(
    installation: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], films: Path
) -> None:
    with_masks(films)
    assert run(monkeypatch, "import", "p", "folder", str(films)) == 0
    for words in (["--role", "pool", "--name", "folder-labelled"], ["--finding", "mass"], ["--options", '{"x": 1}']):
        said = []
        for dry in (["--dry-run"], []):
            capsys.readouterr()
            assert run(monkeypatch, "import", "p", "folder", str(films), *words, *dry) == 1
            said.append(capsys.readouterr())
        assert said[0] == said[1]
        assert said[0].out == ""


def test_a_dry_run_that_is_killed_leaves_nothing(installation: Settings, database: Database) -> None:
    before = all_that_is(database, installation.data_folder)
    options = json.dumps({"count": 1_000_000, "size": 32})
    command = ["import", "p", "phantom", "--dry-run", "--options", options]
    locks = "select pid from pg_locks where relation = 'image'::regclass and mode = 'RowExclusiveLock'"

    def writing() -> bool:
        with database.transaction() as session:
            return session.execute(text(locks)).first() is not None

    with subprocess.Popen([sys.executable, "-m", "overread.cli", *command]) as dry:
        until(writing)
        dry.kill()
    until(lambda: not writing())
    assert all_that_is(database, installation.data_folder) == before
