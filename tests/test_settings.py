"""Settings: where values come from, and secrets that are refused."""

import os
import stat
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
import redis
from pydantic import ValidationError

from overread import embedded
from overread.compose_secrets import make_secrets
from overread.domain.errors import MissingSecret
from overread.domain.learning.workers import Workers
from overread.settings import Settings, kept_secret
from tests.waiting import until

GOOD = "wA9-27hXkQm_51tVbYc0ZsLdEfGj3RuN"


def test_the_usual_names_and_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://a")
    monkeypatch.setenv("OVERREAD_REDIS_URL", "redis://b")
    monkeypatch.setenv("OVERREAD_PORT", "9000")
    settings = Settings()
    assert (settings.database_url, settings.redis_url) == ("postgresql+psycopg://a", "redis://b")
    assert settings.public_url == "http://127.0.0.1:9000"


def test_a_caller_wins_over_the_environment_and_that_over_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"overread_secret": "of the file", "database_url": "postgresql://file", "redis_url": "redis://file"}
    for name, value in files.items():
        (tmp_path / name).write_text(value + "\n")
    monkeypatch.setenv("OVERREAD_SECRETS_FOLDER", str(tmp_path))
    monkeypatch.setenv("REDIS_URL", "redis://environment")
    monkeypatch.setenv("OVERREAD_SECRET", "secret of the environment")
    settings = Settings(secret="secret of the caller")
    assert settings.database_url == "postgresql+psycopg://file"
    assert settings.redis_url == "redis://environment"
    assert settings.secret == "secret of the caller"


@pytest.mark.parametrize(
    "named", [{"database_url": "mysql://x"}, {"database_url": "here"}, {"redis_url": "127.0.0.1:6379"}]
)
def test_an_address_that_is_none_is_refused(named: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="URL is wanted"):
        Settings(**named)


@pytest.mark.parametrize("secret", ["", " " * 40, "short", "changeme", "x" * 40, "abababab" * 5, "overread" * 8])
def test_a_blank_short_or_guessable_secret_is_refused(secret: str) -> None:
    with pytest.raises(MissingSecret, match=r"OVERREAD_SECRET .* Set 32 or more"):
        Settings(secret=secret).check_secret()


def test_a_good_secret_passes_and_a_child_has_the_same_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(secret=GOOD, data_folder=tmp_path, port=8123, lease_seconds=3, hub=True, training_processes=2)
    settings.check_secret()
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    assert Settings() == settings
    assert Settings().workers == Workers(processes=2, hub=True)


def test_an_installation_keeps_its_own_secret(tmp_path: Path) -> None:
    first = kept_secret(tmp_path)
    Settings(secret=first).check_secret()
    assert kept_secret(tmp_path) == first
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_compose_makes_its_secrets_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        make_secrets(tmp_path)
    finally:
        os.umask(old)
    written = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    assert len({written["postgres_password"], written["valkey_password"], written["overread_secret"]}) == 3
    assert f":{written['postgres_password']}@postgres/" in written["database_url"]
    (tmp_path / "redis_url").unlink()  # a start that was cut short
    make_secrets(tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == written


def test_compose_does_not_start_on_a_blank_secret(tmp_path: Path) -> None:
    (tmp_path / "postgres_password").write_text("\n")
    with pytest.raises(SystemExit, match=r"postgres_password is empty"):
        make_secrets(tmp_path)
    assert not (tmp_path / "database_url").exists()


def test_compose_settings_come_from_those_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_secrets(tmp_path)
    monkeypatch.setenv("OVERREAD_SECRETS_FOLDER", str(tmp_path))
    settings = Settings()
    settings.check_secret()
    assert settings.redis_url == (tmp_path / "redis_url").read_text()


def test_valkey_takes_the_configuration_and_asks_for_the_password() -> None:
    with tempfile.TemporaryDirectory(prefix="overread-") as name:
        folder, socket = Path(name), Path(name, "valkey.sock")
        make_secrets(folder)
        command: list[str | Path] = [
            embedded._valkey_binary(),
            folder / "valkey.conf",
            "--port",
            "0",
            "--unixsocket",
            socket,
        ]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=folder) as server:
            until(lambda: socket.exists() or server.poll() is not None)
            with pytest.raises(redis.AuthenticationError):
                redis.Redis(unix_socket_path=str(socket)).get("a")
            password = (folder / "valkey_password").read_text()
            assert redis.Redis(unix_socket_path=str(socket), password=password).get("a") is None
            server.terminate()
