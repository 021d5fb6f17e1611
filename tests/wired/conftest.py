"""Simulated audits for tests: one database for all of them, since nothing that an audit writes stays."""

from collections.abc import Iterator

import pytest

from benchmarks.wired.bench import JobContext


@pytest.fixture(scope="session")
def context(lasting_database_url: str) -> Iterator[JobContext]:
    """Where audits are simulated, in this very process."""
    found = JobContext(lasting_database_url)
    yield found
    found.database.engine.dispose()
