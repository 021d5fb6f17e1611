"""A migration's file name carries the day it was made: none of a day to come, none older than the one before it."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"(\d{4})(\d{2})(\d{2})_[a-z_]+\.py")


def in_order() -> list[str]:
    """The files' names, the first migration first."""
    revisions = ScriptDirectory(str(ROOT / "migrations")).walk_revisions()
    return [Path(revision.path).name for revision in revisions][::-1]


def misdated(names: list[str], today: date) -> Iterator[str]:
    """Sentences about names without a date, of a day to come, or older than the one before."""
    before = date.min
    for name in names:
        if not (found := NAMED.fullmatch(name)):
            yield f"{name} is not named YYYYMMDD_what_it_does.py"
            continue
        day = date(int(found[1]), int(found[2]), int(found[3]))
        if day > today:
            yield f"{name} is dated after today, {today}"
        if day < before:
            yield f"{name} is older than the migration that it follows, of {before}"
        before = day


def test_migrations_are_dated_by_the_day_they_were_made() -> None:
    names = in_order()
    assert sorted(names) == sorted(path.name for path in (ROOT / "migrations" / "versions").glob("*.py"))
    # A checkout that was made east of here may be a day ahead.
    assert list(misdated(names, datetime.now(UTC).date() + timedelta(days=1))) == []


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["20260101_a.py", "20260101_b.py", "20260102_c.py"], 0),
        (["20260103_a.py"], 1),
        (["20260102_a.py", "20260101_b.py"], 1),
        (["pool.py"], 1),
    ],
)
def test_the_checker_finds_a_wrong_date(names: list[str], found: int) -> None:
    assert len(list(misdated(names, date(2026, 1, 2)))) == found
