"""Bring a database to a revision, so that a test can write rows as an older version did."""

import subprocess
import sys


def migrate(url: str, revision: str = "head") -> None:
    """In a process of its own: alembic takes the logging of the one that calls it."""
    code = f"from overread.db.session import migrate; migrate({url!r}, {revision!r})"
    subprocess.run([sys.executable, "-c", code], check=True)
