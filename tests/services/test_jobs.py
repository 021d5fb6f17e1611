"""Jobs: whatever happens to messages and workers, each job is done once, by whoever holds its fence."""

import threading
import time

import pytest
from sqlalchemy import select, text

from backend.db.session import Database
from backend.db.tables import Job
from backend.domain.errors import Conflict, StaleVersion
from backend.services import jobs, projects
from backend.services.iterations import advance_iteration, cancel_iteration
from tests.loop import Loop


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
    database = Database(settings.database_url, lambda job, queue: sent.append((job, queue)))
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
        while not waits_for_a_lock(loop.database):
            time.sleep(0.01)
        advance_iteration(session, iteration.id)  # a deadlock where locks were taken in two orders
    canceller.join()
    assert told == ["cancelled"]


def test_a_lost_lease_is_freed_and_the_late_worker_writes_nothing(database: Database, job_id: int) -> None:
    first = claim(database, job_id, lease=-1)
    assert first is not None
    with database.transaction() as session:
        jobs.reap_jobs(session)
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
    for _ in range(jobs.ATTEMPTS):
        held = claim(database, job_id)
        assert held is not None
        with database.transaction() as session:
            jobs.release_job(session, job_id, held.fence)
    assert state(database, job_id) == "failed"
    assert claim(database, job_id) is None
    with database.transaction() as session:
        jobs.retry_job(session, session.get_one(Job, job_id))
    assert claim(database, job_id) is not None


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
    database = Database(settings.database_url, lambda job, _queue: sent.append(job))
    with database.transaction() as session:
        jobs.reap_jobs(session)
    assert sent == []
    with database.transaction() as session:
        session.execute(text("update job set sent_at = now() - interval '1 minute'"))
    with database.transaction() as session:
        jobs.reap_jobs(session)
    assert sent == [job_id]
    database.engine.dispose()
