"""The database that simulated audits run in, and the processes that run them."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from backend.db.session import Database, migrate
from backend.embedded import embedded
from backend.settings import Settings
from benchmarks.wired.pool import Pool, PoolPlan, lay_down
from benchmarks.wired.trials import Counted, Told, Trial, count


@dataclass
class Bench:
    """A migrated database with the pools that were asked for so far, and an executor; None runs in this process."""

    url: str
    executor: Executor | None = None
    pools: dict[PoolPlan, Pool] = field(default_factory=dict)

    def pool(self, plan: PoolPlan) -> Pool:
        """The pool of this plan, laid down when it is first asked for."""
        if plan not in self.pools:
            pool = Pool(plan, len(self.pools) + 1)
            lay_down(self.url, pool)
            self.pools[plan] = pool
        return self.pools[plan]

    def count(self, trial: Trial, audits: int) -> Counted:
        """Run a trial so many times."""
        pool = self.pool(trial.pool)
        mapped = self.executor.map if self.executor is not None else map
        told = list(mapped(_one, *zip(*((self.url, pool, trial, number) for number in range(audits)), strict=True)))
        return count(trial, audits, told)


def _one(url: str, pool: Pool, trial: Trial, number: int) -> Told:
    return trial.run(_database(url), pool, number)


@cache
def _database(url: str) -> Database:
    """The connections of this process."""
    return Database(url, pool_size=2)


@contextmanager
def open_bench() -> Iterator[Bench]:
    """A database of its own on DATABASE_URL's server, else on a private one; a process a core."""
    with ExitStack() as stack:
        server = Settings().database_url
        if not server:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="overread-wired-")))
            server = stack.enter_context(embedded(folder)).database_url
            hurry(server)
        url = stack.enter_context(_own_database(server))
        migrate(url)
        executor = ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn"))
        yield Bench(url, stack.enter_context(executor))


def hurry(server: str) -> None:
    """A private server need not survive a power cut."""
    with psycopg.connect(_plain(server), autocommit=True) as connection:
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"alter system set {name} = off")
        connection.execute("select pg_reload_conf()")


@contextmanager
def _own_database(server: str) -> Iterator[str]:
    name = f"overread_wired_{secrets.token_hex(6)}"
    with psycopg.connect(_plain(server), autocommit=True) as connection:
        connection.execute(f'create database "{name}" template "template0"')
        try:
            yield make_url(server).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(f'drop database "{name}" with (force)')


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
