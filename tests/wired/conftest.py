"""Simulated audits for tests: one database for all of them, since nothing that an audit writes stays."""

from collections.abc import Iterator

import pytest

from benchmarks.wired.bench import Desk


@pytest.fixture(scope="session")
def desk(lasting_database_url: str) -> Iterator[Desk]:
    """Where audits are simulated, in this very process."""
    found = Desk(lasting_database_url)
    yield found
    found.database.engine.dispose()
