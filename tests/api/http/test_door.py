"""The door on a running server: what is refused before it is read, and that nobody holds anything for ever."""

import json
import socket
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx2
import pytest

from overread.api.http.bodies import Patience
from overread.api.http.connections import Connection
from overread.api.http.deps import STREAMS
from overread.api.http.door import PARAMETERS, SMALL, USUAL
from overread.services.people import accounts
from overread.settings import Settings
from tests.e2e.service import Service
from tests.loop import Loop
from tests.waiting import free_port, until

API = "/api/v1"
UNKNOWN = b"{" + b",".join(b'"%d":1' % n for n in range(900_000)) + b"}"


class Hasty(Connection):
    header_seconds = 1
    stall_seconds = 1


@pytest.fixture
def service(settings: Settings, loop: Loop, tmp_path: Path) -> Iterator[Service]:
    """A server that waits a second for what others wait ten for."""
    own = {"port": free_port(), "frontend_dist": tmp_path / "dist"}
    opened = Service(
        Settings(**settings.model_dump(exclude={"public_url"}) | own), Patience(seconds=1, rate=10**9, linger=1), Hasty
    )
    opened.start()
    yield opened
    opened.stop()


@pytest.fixture
def admin(service: Service, loop: Loop) -> Iterator[httpx2.Client]:
    with loop.database.transaction() as session:
        token = accounts.invite(session, "the admin", "admin")
    with httpx2.Client(base_url=service.url, timeout=60) as client:
        assert client.post(f"{API}/sign-in/link", json={"token": token}).status_code == 200
        yield client


def begin(service: Service, path: str, length: int, body: bytes = b"", cookie: str = "") -> socket.socket:
    """A request whose body is as long as said, and has come so far."""
    opened = socket.create_connection(("127.0.0.1", service.settings.port), timeout=60)
    lines = [f"POST {API}{path} HTTP/1.1", f"Host: 127.0.0.1:{service.settings.port}", f"Content-Length: {length}"]
    lines += ["Content-Type: application/json"] + ([f"Cookie: overread_session={cookie}"] if cookie else [])
    opened.sendall("\r\n".join([*lines, "", ""]).encode() + body)
    return opened


def answer(opened: socket.socket) -> bytes:
    """All that comes before the server closes."""
    with opened:
        told = b""
        with suppress(ConnectionResetError):
            while piece := opened.recv(65536):
                told += piece
    return told


@pytest.mark.parametrize("path", ["/projects", "/nothing", "/cases/1/reads", "/iterations/1/cancel"])
@pytest.mark.parametrize("cookie", ["", "a-guess"])
def test_a_stranger_is_refused_before_a_byte_is_read(service: Service, path: str, cookie: str) -> None:
    told = answer(begin(service, path, 1 << 20, cookie=cookie))
    assert told.startswith(b"HTTP/1.1 401")
    assert b"urn:overread:unauthenticated" in told


def test_a_refusal_reaches_who_is_still_sending(service: Service) -> None:
    """A connection that closes on unread bytes is reset, and with it goes the sentence."""
    whole = b" " * USUAL
    opened = begin(service, "/projects", len(whole))
    opened.sendall(whole)
    assert b"urn:overread:unauthenticated" in answer(opened)


def test_a_sign_in_is_small(service: Service) -> None:
    assert answer(begin(service, "/sign-in", SMALL + 1)).startswith(b"HTTP/1.1 413")
    with httpx2.Client(base_url=service.url) as client:
        assert client.post(f"{API}/sign-in", json={"name": "a" * 60, "password": "b" * 200}).status_code == 401


@pytest.mark.parametrize("path", ["/sign-in", "/projects"])
def test_very_many_unknown_keys_cost_nothing(service: Service, admin: httpx2.Client, path: str) -> None:
    cookie = admin.cookies["overread_session"]
    for body in (UNKNOWN, UNKNOWN[: USUAL - 1] + b"}", UNKNOWN[: SMALL - 1] + b"}"):
        tracemalloc.start()
        try:
            opened = begin(service, path, len(body), cookie=cookie)
            if len(body) > USUAL:  # the connection is closed at once: the answer lasts only until more is sent
                assert opened.recv(1, socket.MSG_PEEK)
            told = answer_whole(opened, body)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert len(body) > USUAL or told.split()[1] in (b"413", b"400", b"422")
        assert len(told) < 8_000
        assert peak < 8 << 20
    assert admin.get(f"{API}/me").status_code == 200


def answer_whole(opened: socket.socket, body: bytes) -> bytes:
    """Send a body in one go, then read the one answer."""
    with suppress(ConnectionError):
        opened.sendall(body)
    return answer(opened)


def test_few_errors_are_told_and_nothing_is_echoed(admin: httpx2.Client) -> None:
    body = {f"{'long' * 100}{n}": "secret" for n in range(22)}
    told = admin.post(f"{API}/projects", json=body)
    assert told.status_code == 422
    assert len(told.json()["fields"]) == 20
    assert "secret" not in told.text
    assert len(told.text) < 4_000
    assert len(admin.post(f"{API}/projects", json={f"{n}": 1 for n in range(2000)}).json()["fields"]) == 1


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000 + b"]" * 100_000, b"[" + b"[]," * 300_000 + b"[]]", b'{"name":' * 33 + b"1" + b"}" * 33],
    ids=["deep", "wide", "objects"],
)
def test_nested_lists_are_refused_before_they_are_parsed(
    admin: httpx2.Client, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json, "loads", lambda *_args, **_more: pytest.fail("parsed"))
    told = admin.post(f"{API}/projects", content=body, headers={"Content-Type": "application/json"})
    monkeypatch.undo()
    assert (told.status_code, told.json()["type"]) == (400, "urn:overread:invalid-input")


def test_half_sent_bodies_end_and_keep_nobody_waiting(service: Service, admin: httpx2.Client) -> None:
    cookie = admin.cookies["overread_session"]
    for path, whose in (("/sign-in", ""), ("/projects", cookie)):
        held = [begin(service, path, 1000, b"{", whose) for _ in range(300)]
        assert admin.get(f"{API}/me").status_code == 200
        assert admin.post(f"{API}/projects", json={"name": path, "findings": ["nodule"]}).status_code == 201
        with httpx2.Client(base_url=service.url, timeout=60) as other:
            assert other.post(f"{API}/sign-in", json={"name": "a", "password": "b"}).status_code in (401, 429)
        told = [answer(one) for one in held]
        # On a machine that is busy with other things some go before their headers are looked at, or find no connection
        # to the database free.
        assert {one.split()[1] for one in told if one} - {b"503"} == {b"408"}
    until(lambda: service.connections <= 1)


def test_half_sent_headers_end(service: Service, admin: httpx2.Client) -> None:
    held = [socket.create_connection(("127.0.0.1", service.settings.port), timeout=60) for _ in range(300)]
    for one in held[:250]:
        one.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
    assert admin.get(f"{API}/me").status_code == 200
    assert {answer(one) for one in held} == {b""}


def test_headers_that_trickle_in_after_an_answer_end_too(service: Service) -> None:
    with socket.create_connection(("127.0.0.1", service.settings.port), timeout=60) as opened:
        opened.sendall(b"GET /api/v1/me HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n")
        with pytest.raises(ConnectionError):
            for n in range(300):
                opened.sendall(b"X-%d: 1\r\n" % n)
                time.sleep(0.1)
    until(lambda: service.connections == 0)


def test_who_does_not_take_an_answer_is_given_up(service: Service) -> None:
    assets = service.settings.frontend_dist / "assets"
    assets.mkdir(parents=True)
    (assets.parent / "index.html").touch()
    (assets / "large.bin").write_bytes(bytes(64 << 20))
    with ExitStack() as stack:
        for _ in range(5):
            opened = stack.enter_context(socket.create_connection(("127.0.0.1", service.settings.port), timeout=60))
            opened.sendall(b"GET /assets/large.bin HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lambda: service.connections == 5)
        until(lambda: service.connections == 0)


def test_what_no_page_asks_for(service: Service, admin: httpx2.Client) -> None:
    many = "&".join(f"q{n}=1" for n in range(PARAMETERS + 1))
    assert admin.get(f"{API}/projects?{many}").status_code == 414
    assert admin.get(f"{API}/me", headers={f"X-{n}": "a" * 1000 for n in range(40)}).status_code in (400, 431)
    assert admin.request("GET", f"{API}/me", content=b"{}").status_code == 400
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    assert (
        admin.get(f"{API}/me", headers=upgrade | {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="}).status_code == 200
    )


def test_streams_have_an_end(admin: httpx2.Client, loop: Loop) -> None:
    address = f"{API}/iterations/{loop.launch().id}/events"
    with ExitStack() as stack:
        for _ in range(STREAMS):
            assert stack.enter_context(admin.stream("GET", address)).status_code == 200
        told = admin.get(address)
        assert (told.status_code, told.json()["type"]) == (429, "urn:overread:too-many-streams")

    def again() -> bool:
        with admin.stream("GET", address) as opened:
            return opened.status_code == 200

    until(again)
