"""How the service is: what keeps people from working for everybody, details for who is signed in."""

from pathlib import Path

import pytest
import redis
from fastapi.testclient import TestClient
from sqlalchemy import func, select, update

from overread.api import health
from overread.app import create_app
from overread.db.tables import SignIn
from overread.embedded import private_servers
from overread.jobs import WORKER, served_queues
from overread.services.jobs import create_job
from overread.services.people import accounts
from overread.settings import Settings
from tests.loop import Loop

PATH = "/api/v1/health"


def client(settings: Settings) -> TestClient:
    return TestClient(create_app(settings), base_url="http://127.0.0.1:8000")


def sign_in(opened: TestClient, loop: Loop) -> None:
    with loop.database.transaction() as session:
        token = accounts.invite(session, "a reader", "reader")
    assert opened.post("/api/v1/sign-in/link", json={"token": token}).is_success


def test_jobs_without_a_worker_are_told_to_who_is_signed_in(loop: Loop, settings: Settings) -> None:
    with client(settings) as opened:
        with loop.database.transaction() as session:
            create_job(session, "train", loop.project_id, run_id=0)
        assert opened.get(PATH).json() == {"trouble": None, "parts": None}
        sign_in(opened, loop)
        told = opened.get(PATH).json()
        assert (told["trouble"], told["parts"]["queues"], told["parts"]["waiting"]) == ("worker", [], ["gpu"])
        with redis.Redis.from_url(settings.redis_url, client_name=f"{WORKER}cpu") as worker:
            worker.ping()
            assert served_queues(settings.redis_url) == {"cpu"}
            assert opened.get(PATH).json()["trouble"] == "worker"
            worker.client_setname(f"{WORKER}gpu,cpu")
            assert opened.get(PATH).json()["trouble"] is None


def test_asking_does_not_keep_a_session_open(loop: Loop, settings: Settings) -> None:
    with client(settings) as opened:
        sign_in(opened, loop)
        with loop.database.transaction() as session:
            session.execute(update(SignIn).values(seen_at=func.now() - accounts.IDLE / 2))
            before = session.scalars(select(SignIn.seen_at)).all()
        assert opened.get(PATH).json()["parts"] is not None
        with loop.database.transaction() as session:
            assert session.scalars(select(SignIn.seen_at)).all() == before


def test_a_full_disk_is_told_to_everybody(loop: Loop, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "space_at", lambda *_: (1000, 2000))
    with client(settings) as opened:
        assert opened.get(PATH).json() == {"trouble": "disk", "parts": None}
        sign_in(opened, loop)
        assert opened.get(PATH).json()["parts"]["free_bytes"] == 1000


def test_who_is_away_is_told_and_not_where_it_was(loop: Loop, settings: Settings, tmp_path: Path) -> None:
    elsewhere = settings.model_copy(update={"database_url": "postgresql+psycopg://geheim@127.0.0.1:1/x"})
    own = settings.model_copy(update={"database_url": private_servers(settings.data_folder).database_url})
    for away, trouble in ((elsewhere, "database"), (own, "restart")):
        answer = TestClient(create_app(away), base_url="http://127.0.0.1:8000").get(PATH)
        assert (answer.status_code, answer.json()) == (200, {"trouble": trouble, "parts": None})
    no_broker = settings.model_copy(update={"redis_url": f"unix://{tmp_path}/none.sock"})
    with client(no_broker) as opened:
        sign_in(opened, loop)
        told = opened.get(PATH).json()
        assert (told["trouble"], told["parts"]["queues"]) == ("broker", None)
