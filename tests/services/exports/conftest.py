"""What tests of exports share."""

from pathlib import Path

import pytest

from overread.storage import BlobStore


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs", reserve=0)
