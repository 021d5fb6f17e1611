"""Guesses: counted before the work, by who guesses; the owner of a name comes in whatever strangers do."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from overread.api.http import tries
from overread.app import create_app
from overread.services.people import accounts, passwords
from overread.settings import Settings
from tests.loop import Loop

API, PASSWORD = "/api/v1", "a long enough password"
Browser = Callable[..., TestClient]


@pytest.fixture
def serve(settings: Settings, loop: Loop) -> Iterator[Callable[..., FastAPI]]:
    """Services on this test's database, with other settings where they are given; ada is a reader with a password."""
    with loop.database.transaction() as session:
        accounts.sign_in_with_link(session, accounts.invite(session, "ada", "reader"), PASSWORD)
    with ExitStack() as stack:

        def start(**changes: Any) -> FastAPI:
            app = create_app(Settings(**settings.model_dump(exclude={"public_url"}) | changes))
            stack.enter_context(TestClient(app))
            return app

        yield start


def browser(app: FastAPI, address: str = "192.0.2.1", **headers: str) -> TestClient:
    return TestClient(app, client=(address, 50000), headers=headers, base_url="http://127.0.0.1:8000")


def sign_in(client: TestClient, password: str = PASSWORD, name: str = "ada") -> int:
    return int(client.post(f"{API}/sign-in", json={"name": name, "password": password}).status_code)


def guess(client: TestClient, times: int, name: str = "ada") -> list[int]:
    return [sign_in(client, f"guess {n}", name) for n in range(times)]


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """No guess takes Argon2's tenth of a second; the passwords that came as far as the hash."""
    reached: list[str] = []

    def matches(password: str, known: str | None) -> bool:
        reached.append(password)
        return password == PASSWORD and known is not None

    monkeypatch.setattr(passwords, "matches", matches)
    return reached


def test_sixty_guesses_at_once_are_ten(serve: Callable[..., FastAPI], monkeypatch: pytest.MonkeyPatch) -> None:
    app, codes = serve(), list[int]()
    reached, at_work, most = list[str](), 0, 0
    counting, honest = threading.Lock(), passwords._hasher.verify

    def verify(password: str, known: str) -> bool:
        nonlocal at_work, most
        with counting:
            reached.append(password)
            at_work += 1
            most = max(most, at_work)
        right = honest(password, known)
        with counting:
            at_work -= 1
        return right

    monkeypatch.setattr(passwords._hasher, "verify", verify)
    together = threading.Barrier(60)

    def one(n: int) -> None:
        together.wait()
        codes.append(sign_in(browser(app), f"guess {n}"))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reached) == 10
    assert most <= passwords.AT_ONCE
    assert (codes.count(401), codes.count(429)) == (10, 50)


def test_the_owner_comes_in_where_the_owner_was_before(serve: Callable[..., FastAPI], cheap: list[str]) -> None:
    app = serve()
    own, stranger = browser(app), browser(app)  # behind one gateway
    assert sign_in(own) == 200
    assert own.post(f"{API}/sign-out").status_code == 204
    assert guess(stranger, 12) == [401] * 10 + [429] * 2
    assert sign_in(own) == 200
    assert sign_in(stranger) == 429  # the right one, from a stranger's browser
    for n in range(30):  # from everywhere, until the name itself is full
        guess(browser(app, f"198.51.100.{n}"), 10)
    assert (sign_in(browser(app, "203.0.113.9")), sign_in(own)) == (429, 200)


def test_a_known_browser_guesses_no_more_than_others(serve: Callable[..., FastAPI], cheap: list[str]) -> None:
    own = browser(serve())
    assert sign_in(own) == 200
    assert guess(own, 11) == [401] * 10 + [429]


@pytest.mark.parametrize("forged", ["", "x" * 22, "x" * 22 + "." + "0" * 64, "..", "." * 500])
def test_a_forged_browser_is_a_stranger(serve: Callable[..., FastAPI], cheap: list[str], forged: str) -> None:
    stranger = browser(serve(), Cookie=f"overread_device={forged}")
    assert guess(stranger, 11)[-1] == 429


def test_a_browser_of_another_person_is_a_stranger(serve: Callable[..., FastAPI], cheap: list[str], loop: Loop) -> None:
    app = serve()
    other = browser(app)
    with loop.database.transaction() as session:
        token = accounts.invite(session, "bob", "reader")
    assert other.post(f"{API}/sign-in/link", json={"token": token}).status_code == 200
    guess(browser(app), 10)
    assert sign_in(other) == 429
    devices = tries.Devices("secret")
    cookie = None
    for n in range(tries.PEOPLE_AT_A_DEVICE + 1):
        cookie = devices.remember(cookie, f"person {n}")
    known = [devices.known(cookie, f"Person {n}") is not None for n in range(tries.PEOPLE_AT_A_DEVICE + 1)]
    assert known == [False] + [True] * tries.PEOPLE_AT_A_DEVICE


def test_one_stranger_locks_out_nobody_else_behind_the_same_gateway(
    serve: Callable[..., FastAPI], cheap: list[str], loop: Loop
) -> None:
    app = serve()
    for n in range(15):
        guess(browser(app), 15, f"somebody {n}")
    assert sign_in(browser(app)) == 200  # a new browser, the same address
    for n in range(40):
        guess(browser(app), 10, f"person {n}")
    assert sign_in(browser(app)) == 429  # one who sprays names is slowed down at last
    with loop.database.transaction() as session:
        token = accounts.invite(session, "ada", "reader")
    assert browser(app).post(f"{API}/sign-in/link", json={"token": token}).status_code == 200


def test_only_wrong_passwords_count(serve: Callable[..., FastAPI], cheap: list[str]) -> None:
    app = serve()
    assert [sign_in(browser(app)) for _ in range(15)] == [200] * 15
    assert guess(browser(app), 11) == [401] * 10 + [429]


@pytest.mark.parametrize("names", [["ada", "Ada", "ADA ", " ada", "ａｄａ"]])
def test_a_name_spelled_otherwise_is_no_new_name(
    serve: Callable[..., FastAPI], cheap: list[str], names: list[str]
) -> None:
    client = browser(serve())
    codes = [sign_in(client, "guess", names[n % len(names)]) for n in range(12)]
    assert codes == [401] * 10 + [429] * 2


def test_an_address_is_what_a_trusted_proxy_says(serve: Callable[..., FastAPI], cheap: list[str]) -> None:
    app = serve(trusted_proxies="192.0.2.0/24, 127.0.0.1")

    def of(chain: str, proxy: str = "192.0.2.1") -> TestClient:
        return browser(app, proxy, **{"X-Forwarded-For": chain})

    assert guess(of("203.0.113.1"), 11)[-1] == 429
    assert sign_in(of("203.0.113.2")) == 200
    assert sign_in(of("203.0.113.2, 203.0.113.1")) == 429  # what the guesser wrote before it is not believed
    assert sign_in(of("203.0.113.1, 192.0.2.7")) == 429  # through two of the proxies
    assert guess(of("203.0.113.9", "203.0.113.50"), 11)[-1] == 429
    assert sign_in(of("203.0.113.10", "203.0.113.50")) == 429  # from somebody who is no proxy


@pytest.mark.parametrize("address", ["192.0.2.1", "127.0.0.1"])
def test_no_header_is_believed_unless_a_proxy_is_named(
    serve: Callable[..., FastAPI], cheap: list[str], address: str
) -> None:
    app = serve()
    codes = [sign_in(browser(app, address, **{"X-Forwarded-For": f"10.0.0.{n}"}), "guess") for n in range(11)]
    assert codes[-1] == 429


def test_a_household_of_addresses_is_one(serve: Callable[..., FastAPI], cheap: list[str]) -> None:
    app = serve()
    assert [sign_in(browser(app, f"2001:db8::{n:x}"), "guess") for n in range(11)][-1] == 429
    assert sign_in(browser(app, "2001:db8:0:1::1")) == 200
    assert guess(browser(app, "::ffff:203.0.113.5"), 10) == [401] * 10
    assert sign_in(browser(app, "203.0.113.5")) == 429


def test_several_processes_count_together(serve: Callable[..., FastAPI], cheap: list[str]) -> None:
    first, second = serve(), serve()
    assert guess(browser(first), 6) + guess(browser(second), 6) == [401] * 10 + [429] * 2


@pytest.mark.parametrize("hangs", [False, True])
def test_a_redis_that_is_away_lets_in_and_still_counts(
    serve: Callable[..., FastAPI], cheap: list[str], hangs: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        if not hangs:
            silent.close()
        app = serve(redis_url=f"redis://127.0.0.1:{port}/0")
        assert sign_in(browser(app)) == 200
        assert guess(browser(app), 11) == [401] * 10 + [429]


def test_a_redis_that_comes_back_empty_gives_no_new_tries(
    serve: Callable[..., FastAPI], cheap: list[str], redis_url: str
) -> None:
    import redis

    app = serve()
    guess(browser(app), 10)
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    assert sign_in(browser(app)) == 429


def test_a_crowd_at_the_hash_is_told_to_come_again_and_is_not_counted(
    serve: Callable[..., FastAPI], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = serve()
    monkeypatch.setattr(passwords, "_in_the_room", threading.BoundedSemaphore(1))
    with passwords._turn():
        answers = [browser(app).post(f"{API}/sign-in", json={"name": "ada", "password": "x"}) for _ in range(12)]
    assert {(one.status_code, one.json()["type"]) for one in answers} == {(503, "urn:overread:sign-in-busy")}
    assert sign_in(browser(app)) == 200


def test_no_number_of_wrong_links_keeps_a_right_one_out(serve: Callable[..., FastAPI], loop: Loop) -> None:
    app = serve()
    wrong = [browser(app).post(f"{API}/sign-in/link", json={"token": f"guess {n}"}).status_code for n in range(12)]
    assert wrong == [401] * 12
    with loop.database.transaction() as session:
        token = accounts.invite(session, "ada", "reader")
    assert browser(app).post(f"{API}/sign-in/link", json={"token": token}).status_code == 200
