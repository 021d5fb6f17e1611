"""As everywhere, but messages really go out."""

from collections.abc import Iterator

import pytest

from overread.db.session import Database
from overread.jobs import Sender
from overread.settings import Settings


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """As everywhere, but messages really go out."""
    opened = Database(settings.database_url, Sender(settings.redis_url))
    yield opened
    opened.engine.dispose()
