"""The databases that simulated audits run in, one a process: services lock a project's trail until their commit."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.queues import Queue
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from benchmarks.wired.pool import Pool, PoolPlan, lay_down
from benchmarks.wired.trials import Counted, Observed, Trial, count
from overread.db.session import Database, migrate
from overread.db.tables import Table
from overread.embedded import embedded
from overread.settings import Settings

SWEEP = 10  # audits between vacuums


@dataclass
class Workplace:
    """Where one process simulates: a migrated database of its own, with the pools that were asked for so far.

    What audits rolled back is swept up here and not by Postgres: its statistics of a table that holds nothing but the
    dead make plans for no rows.
    """

    url: str
    pools: dict[PoolPlan, Pool] = field(default_factory=dict)
    audits: int = 0

    def __post_init__(self) -> None:
        self.database = Database(self.url, pool_size=2)
        with psycopg.connect(_plain(self.url), autocommit=True) as connection:
            for name in Table.metadata.tables:
                quiet = sql.SQL("alter table {} set (autovacuum_enabled = false)").format(sql.Identifier(name))
                connection.execute(quiet)

    def pool(self, plan: PoolPlan) -> Pool:
        """The pool of this plan, laid down when it is first asked for."""
        if plan not in self.pools:
            pool = Pool(plan, len(self.pools) + 1)
            lay_down(self.url, pool)
            self.pools[plan] = pool
        return self.pools[plan]

    def run(self, trial: Trial, number: int) -> Observed:
        """One audit of a trial."""
        self.audits += 1
        if self.audits % SWEEP == 0:
            with psycopg.connect(_plain(self.url), autocommit=True) as connection:
                tables = sql.SQL(", ").join(map(sql.Identifier, Table.metadata.tables))
                connection.execute(sql.SQL("vacuum {}").format(tables))
        return trial.run(self.database, self.pool(trial.pool), number)


@dataclass(frozen=True)
class Bench:
    """Runs trials at a context, or at those of other processes."""

    context: Workplace | None = None
    executor: Executor | None = None

    def count(self, trial: Trial, audits: int) -> Counted:
        """Run a trial so many times."""
        numbers = range(audits)
        if self.context is not None:
            return count(trial, audits, [self.context.run(trial, number) for number in numbers])
        if self.executor is None:
            raise ValueError("A bench has a context, or processes that have.")
        return count(trial, audits, list(self.executor.map(_run, [trial] * audits, numbers)))


_workplaces: list[Workplace] = []  # this process's


def _sit_down(urls: "Queue[str]") -> None:
    _workplaces.append(Workplace(urls.get()))


def _run(trial: Trial, number: int) -> Observed:
    return _workplaces[0].run(trial, number)


@contextmanager
def open_bench() -> Iterator[Bench]:
    """Processes, as many as there are cores, with databases on DATABASE_URL's server, else on a private one."""
    with ExitStack() as stack:
        server = Settings().database_url
        if not server:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="overread-wired-")))
            server = stack.enter_context(embedded(folder)).database_url
            _hurry(server)
        processes, context = os.cpu_count() or 1, get_context("spawn")
        urls = context.Queue()
        for _ in range(processes):
            url = stack.enter_context(_own_database(server))
            migrate(url)
            urls.put(url)
        pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_sit_down, initargs=(urls,))
        yield Bench(executor=stack.enter_context(pool))


def _hurry(server: str) -> None:
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
        with psycopg.connect(_plain(server), autocommit=True) as connection:
            connection.execute(f'drop database "{name}" with (force)')


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
