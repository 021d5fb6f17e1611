"""A client of the service on this test's own servers."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from overread.app import create_app
from overread.settings import Settings
from tests.loop import Loop


@pytest.fixture
def client(settings: Settings, loop: Loop) -> Iterator[TestClient]:
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as opened:
        yield opened
