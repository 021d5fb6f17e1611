"""Simulated audits for tests: one database for all of them, since nothing that an audit writes stays."""

from collections.abc import Iterator

import pytest

from benchmarks.wired.bench import Workplace


@pytest.fixture(scope="session")
def context(lasting_database_url: str) -> Iterator[Workplace]:
    """Where audits are simulated, in this very process."""
    found = Workplace(lasting_database_url)
    yield found
    found.database.engine.dispose()
