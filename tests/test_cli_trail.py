"""``overread trail verify`` and the doctor: what holds is told with its anchors, what does not ends with status 1."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from overread.console import line_counter
from overread.db.session import Database
from overread.doctor import Finding, examine
from overread.services import trail
from overread.services.people import accounts
from overread.settings import Settings
from tests.commands import run


@pytest.fixture
def shell(installation: Settings, database: Database) -> Database:
    """A shell on an installation with a trail of five lines."""
    with database.transaction() as session:
        accounts.invite(session, "ada", "admin")
        for step in range(4):
            trail.record(session, "step", f"case {step}", account_id=1)
    return database


def tamper(database: Database, statement: str) -> None:
    with database.transaction() as session:
        session.execute(text("alter table trail disable trigger all"))
        session.execute(text(statement))


def test_anchors_that_were_kept_prove_that_no_end_was_cut(
    shell: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(monkeypatch, "trail", "verify") == 0
    told = capsys.readouterr().out
    assert told.startswith("The trail holds: 5 lines in ")
    assert "No anchor was given" in told
    kept = tmp_path / "kept.txt"
    kept.write_text(told)
    anchor = told.split()[-1]
    assert anchor.startswith("0:5:")
    with shell.transaction() as session:
        trail.record(session, "step", "case 5")
    for expected in (str(kept), anchor):
        assert run(monkeypatch, "trail", "verify", "--expect", expected) == 0
        assert "Nothing up to the 1 kept anchors is missing" in capsys.readouterr().out
    tamper(shell, "delete from trail where subject in ('case 3', 'case 5')")
    assert run(monkeypatch, "trail", "verify") == 0  # nobody can see it
    capsys.readouterr()
    assert run(monkeypatch, "trail", "verify", "--expect", str(kept)) == 1
    told = capsys.readouterr().out
    assert "The end of the chain of what belongs to no project was cut off: the anchor knows 5 lines, 4 are" in told
    assert "0:4:" not in told


def test_the_first_bad_line_is_named_and_ends_with_status_1(
    shell: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper(shell, "update trail set subject = 'case 9' where subject = 'case 1'")
    assert run(monkeypatch, "trail", "verify") == 1
    told = capsys.readouterr().out
    assert told.startswith("The trail does not hold. Line 3 (")
    assert "UTC, ada: step, case 9) of the chain of what belongs to no project was changed" in told
    assert run(monkeypatch, "trail", "verify", "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["fault"]["kind"], found["fault"]["entry"]["subject"], found["anchors"]) == ("changed", "case 9", [])


@pytest.mark.parametrize(
    ("expected", "sentence"),
    [
        ("nowhere.txt", "is neither an anchor (PROJECT:LINES:HASH) nor a file"),
        ("0:5:abc", "There is no anchor in it"),
        (__file__, "There is no anchor in it"),
    ],
)
def test_what_is_no_anchor_is_refused_in_words(
    shell: Database,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    expected: str,
    sentence: str,
) -> None:
    assert run(monkeypatch, "trail", "verify", "--expect", expected) == 1
    assert sentence in capsys.readouterr().err


def finding(settings: Settings) -> Finding:
    return next(one for one in examine(settings) if one.part == "trail")


def test_the_doctor_verifies_the_trail(shell: Database, settings: Settings) -> None:
    told = finding(settings)
    assert (told.well, told.found.startswith("5 lines hold, ")) == (True, True)
    tamper(shell, "delete from trail where subject = 'case 1'")
    told = finding(settings)
    assert (told.well, "follows a line that is not there" in told.found) == (False, True)
    away = settings.model_copy(update={"database_url": "postgresql+psycopg://x@127.0.0.1:1/x"})
    assert finding(away).found == "not verified: the database does not answer"


def test_whoever_waits_for_a_long_trail_is_told_how_fast_it_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    tell = line_counter("trail")
    for seconds in range(1, 13):
        tell(100_000 * seconds, float(seconds))
    assert capsys.readouterr().err.splitlines() == [
        "trail: 500,000 lines read, 100,000 a second; going on …",
        "trail: 1,000,000 lines read, 100,000 a second; going on …",
    ]
