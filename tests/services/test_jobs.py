"""Jobs: whatever happens to messages and workers, each job is done once, by whoever holds its fence."""

import threading
from collections.abc import Iterator

import pytest
import redis
from sqlalchemy import select, text

from overread.db.session import Database
from overread.db.tables import Job
from overread.domain.errors import Conflict, StaleVersion
from overread.domain.learning.reports import JobProgress
from overread.jobs import TASK, Sender, celery_app
from overread.services import jobs
from overread.services.films import projects
from overread.services.loop.iterations import advance_iteration, cancel_iteration
from overread.services.loop.reaper import SWEEP, reap
from overread.settings import Settings
from tests.loop import Loop
from tests.waiting import until


@pytest.fixture
def job_id(database: Database) -> int:
    with database.transaction() as session:
        project = projects.create_project(session, "p", ["nodule"])
        return jobs.create_job(session, "import", project.id, source_id=1).id


def claim(database: Database, job_id: int, lease: float = 60) -> Job | None:
    with database.transaction() as session:
        return jobs.claim_job(session, job_id, "w", lease)


def state(database: Database, job_id: int) -> str:
    with database.transaction() as session:
        return session.get_one(Job, job_id).state


def waits_for_a_lock(database: Database) -> bool:
    own = "wait_event_type = 'Lock' and datname = current_database()"
    with database.transaction() as session:
        return bool(session.execute(text(f"select count(*) from pg_stat_activity where {own}")).scalar_one())


def test_a_message_goes_out_after_the_commit_or_never(settings) -> None:  # type: ignore[no-untyped-def]
    sent: list[tuple[int, str]] = []
    database = Database(settings.database_url, lambda job, queue: sent.append((job, queue)))  # type: ignore[arg-type]
    with database.transaction() as session:
        project = projects.create_project(session, "p", ["nodule"])
        job = jobs.create_job(session, "train", project.id)
        assert sent == []
    assert sent == [(job.id, "gpu")]
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        jobs.create_job(session, "train", project.id)
        raise ZeroDivisionError
    assert len(sent) == 1
    database.engine.dispose()


def test_a_doubled_message_runs_once(database: Database, job_id: int) -> None:
    won: list[Job | None] = []
    threads = [threading.Thread(target=lambda: won.append(claim(database, job_id))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(job is not None for job in won) == 1


def test_a_job_that_ends_while_its_iteration_is_cancelled_waits_for_it(loop: Loop) -> None:
    iteration = loop.launch()
    with loop.database.transaction() as session:
        job_id = session.scalars(select(Job.id).where(Job.iteration_id == iteration.id)).one()
    held = claim(loop.database, job_id)
    assert held is not None
    told: list[object] = []

    def cancel() -> None:
        try:
            with loop.database.transaction() as session:
                told.append(cancel_iteration(session, iteration.id).stage)
        except Conflict as error:
            told.append(error)

    canceller = threading.Thread(target=cancel)
    with loop.database.transaction() as session:
        jobs.finish_job(session, job_id, held.fence)
        canceller.start()
        until(lambda: waits_for_a_lock(loop.database), pause=0.01)
        advance_iteration(session, iteration.id)  # a deadlock where locks were taken in two orders
    canceller.join()
    assert told == ["cancelled"]


def test_a_lost_lease_is_freed_and_the_late_worker_writes_nothing(database: Database, job_id: int) -> None:
    first = claim(database, job_id, lease=-1)
    assert first is not None
    with database.transaction() as session:
        jobs.reap_jobs(session, lambda: None)
    second = claim(database, job_id)
    assert second is not None
    assert second.fence == first.fence + 1
    with pytest.raises(StaleVersion), database.transaction() as session:
        jobs.finish_job(session, job_id, first.fence)
    with database.transaction() as session:
        assert not jobs.renew_lease(session, job_id, first.fence, 60)
        assert jobs.renew_lease(session, job_id, second.fence, 60)
        jobs.finish_job(session, job_id, second.fence)
    assert state(database, job_id) == "done"


def test_a_job_whose_process_keeps_dying_is_poison(database: Database, job_id: int) -> None:
    for _ in range(jobs.ATTEMPTS):  # type: ignore[attr-defined]
        held = claim(database, job_id)
        assert held is not None
        with database.transaction() as session:
            jobs.release_job(session, job_id, held.fence)
    assert state(database, job_id) == "failed"
    assert claim(database, job_id) is None
    with database.transaction() as session:
        jobs.retry_job(session, session.get_one(Job, job_id))
    assert claim(database, job_id) is not None


def test_getting_further_forgives_deaths_and_repeating_what_was_done_does_not(database: Database, job_id: int) -> None:
    """As a training that dies three times in three days, and a shard that dies three times at the same film."""

    def die_after(done: int) -> str:
        held = claim(database, job_id)
        assert held is not None
        with database.transaction() as session:
            for step in range(1, done + 1):
                jobs.record_progress(session, job_id, held.fence, JobProgress(step, 9, "films"))
            jobs.release_job(session, job_id, held.fence)
        return state(database, job_id)

    assert [die_after(done) for done in (1, 2, 3, 4, 5)] == ["queued"] * 5
    assert [die_after(5), die_after(5)] == ["queued", "failed"]
    with database.transaction() as session:
        error = session.get_one(Job, job_id).error or ""
    assert error.startswith("Its process died 3 times without progress.")


def test_a_job_that_was_handed_back_waits_at_once_and_no_attempt_is_counted(
    settings: Settings, database: Database, job_id: int
) -> None:
    sender = Sender(settings.redis_url)
    sending = Database(settings.database_url, sender)
    for _ in range(5):
        held = claim(database, job_id)
        assert held is not None
        with sending.transaction() as session:
            assert jobs.hand_back(session, job_id, held.fence) is not None
            assert jobs.hand_back(session, job_id, held.fence) is None  # once
        assert sender.in_broker() == {job_id}
    with database.transaction() as session:
        job = session.get_one(Job, job_id)
        assert (job.state, job.attempts, job.lease_until) == ("queued", 0, None)
    held = claim(database, job_id)
    assert held is not None
    with database.transaction() as session:
        jobs.cancel_job(session, job_id)
        jobs.hand_back(session, job_id, held.fence)
    assert state(database, job_id) == "cancelled"
    sending.engine.dispose()


def test_cancelling_ends_a_waiting_job_now_and_a_running_one_at_its_next_beat(database: Database, job_id: int) -> None:
    held = claim(database, job_id)
    assert held is not None
    with database.transaction() as session:
        jobs.cancel_job(session, job_id)
        assert not jobs.renew_lease(session, job_id, held.fence, 60)
        jobs.release_job(session, job_id, held.fence)
    assert state(database, job_id) == "cancelled"
    with database.transaction() as session:
        waiting = jobs.create_job(session, "import", held.project_id)
        assert jobs.cancel_job(session, waiting.id).state == "cancelled"
        waiting.state = "done"
        with pytest.raises(Conflict):
            jobs.retry_job(session, waiting)


def test_a_lost_message_is_sent_again(settings, job_id: int) -> None:  # type: ignore[no-untyped-def]
    sent: list[int] = []
    database = Database(settings.database_url, lambda job, _queue: sent.append(job))  # type: ignore[arg-type]
    with database.transaction() as session:
        jobs.reap_jobs(session, set)
    assert sent == []
    with database.transaction() as session:
        session.execute(text("update job set sent_at = now() - interval '1 minute'"))
    with database.transaction() as session:
        jobs.reap_jobs(session, set)
    assert sent == [job_id]
    database.engine.dispose()


@pytest.fixture
def fifty(settings: Settings) -> Iterator[Database]:
    """Fifty jobs that wait, their messages sent, and no worker to take them."""
    database = Database(settings.database_url, Sender(settings.redis_url))
    with database.transaction() as session:
        project = projects.create_project(session, "p", ["nodule"])
        for number in range(50):
            jobs.create_job(session, "label" if number % 2 else "import", project.id, first=number)
    yield database
    database.engine.dispose()


def reap_later(database: Database) -> None:
    """A sweep after a minute in which nobody took anything."""
    with database.transaction() as session:
        session.execute(text("update job set sent_at = now() - interval '1 minute'"))
    reap(database)


def lengths(settings: Settings) -> int:
    with redis.Redis.from_url(settings.redis_url) as broker:
        return broker.llen("cpu") + broker.llen("gpu")  # type: ignore[no-any-return]


def test_messages_that_wait_are_not_sent_again_and_lost_ones_are(fifty: Database, settings: Settings) -> None:
    for _ in range(5):
        reap_later(fifty)
    assert lengths(settings) == 50
    with redis.Redis.from_url(settings.redis_url) as broker:
        broker.flushall()
        for _ in range(2):
            reap_later(fifty)
        assert lengths(settings) == 50
        broker.rpop("gpu")
        assert len(fifty.send.in_broker() or ()) == 49
        for _ in range(2):
            reap_later(fifty)
    assert lengths(settings) == 50
    assert len(fifty.send.in_broker() or ()) == 50


def test_a_message_that_was_taken_and_not_begun_is_not_lost(fifty: Database, settings: Settings) -> None:
    with celery_app(settings.redis_url).connection_for_read() as connection:
        queue = connection.SimpleQueue("cpu")
        taken = queue.get(block=True, timeout=5)
        assert len(fifty.send.in_broker() or ()) == 50
        reap_later(fifty)
        assert lengths(settings) == 49
        taken.ack()
        reap_later(fifty)
    assert lengths(settings) == 50


def test_what_is_no_message_of_ours_is_passed_over(fifty: Database, settings: Settings) -> None:
    with redis.Redis.from_url(settings.redis_url) as broker:
        for raw in (b"\xff", b"[]", b"3", b'{"body": 5}', b'{"body": "W10="}', b"[" * 100_000):
            broker.lpush("gpu", raw)
            broker.hset("unacked", raw[:9], raw)
    celery_app(settings.redis_url).send_task(TASK, args=["7"], queue="gpu")
    assert len(fifty.send.in_broker() or ()) == 50


def test_one_reaper_sweeps_at_a_time_and_none_while_the_broker_is_away(fifty: Database, settings: Settings) -> None:
    with redis.Redis.from_url(settings.redis_url) as broker:
        broker.flushall()
    with fifty.engine.connect() as other:
        other.execute(text(f"select pg_advisory_xact_lock({SWEEP})"))
        reap_later(fifty)
        assert lengths(settings) == 0
    away = Database(settings.database_url, Sender("unix:///nowhere/valkey.sock"))
    reap_later(away)
    away.engine.dispose()
    with fifty.transaction() as session:
        recent = text("select count(*) from job where sent_at > now() - interval '30 seconds'")
        assert session.execute(recent).scalar_one() == 0  # nothing was sent, and the rows do not say so
    reap_later(fifty)
    assert lengths(settings) == 50
