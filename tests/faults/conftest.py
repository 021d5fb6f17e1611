"""As everywhere, but messages really go out."""

from collections.abc import Iterator

import pytest

from backend.db.session import Database
from backend.jobs import Sender
from backend.settings import Settings


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """As everywhere, but messages really go out."""
    opened = Database(settings.database_url, Sender(settings.redis_url))
    yield opened
    opened.engine.dispose()
