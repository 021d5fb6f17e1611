"""Where the films of a test lie."""

from pathlib import Path

import pytest


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """An empty folder of our own (tmp_path holds the installation's data)."""
    (tmp_path / "films").mkdir()
    return tmp_path / "films"
