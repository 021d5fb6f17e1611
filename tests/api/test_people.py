"""Accounts over HTTP: what ends with a new password or role, who stays, and what is said about it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete, func, select, update

from overread.app import create_app
from overread.db.tables import Account, SignIn, SignInLink, TrailLine
from overread.services.people import accounts, passwords
from overread.settings import Settings
from tests.loop import Loop

API, PASSWORD, OTHER = "/api/v1", "a long enough password", "another long password"
Open = Callable[[str, str], TestClient]


@pytest.fixture
def a_browser(settings: Settings, loop: Loop) -> Iterator[Callable[[], TestClient]]:
    """Browsers of one service, each with cookies of its own."""
    app = create_app(settings)
    with ExitStack() as stack:
        stack.enter_context(TestClient(app))
        yield lambda: TestClient(app, base_url="http://127.0.0.1:8000")


@pytest.fixture
def entered(a_browser: Callable[[], TestClient], loop: Loop) -> Open:
    """A new browser in which somebody came in by a link, and chose a password."""

    def enter(name: str, role: str) -> TestClient:
        client = a_browser()
        use(client, link(loop, name, role), PASSWORD)
        return client

    return enter


def link(loop: Loop, name: str, role: str) -> str:
    with loop.database.transaction() as session:
        return accounts.invite(session, name, role)


def use(client: TestClient, token: str, password: str | None = None, status: int = 200) -> Any:
    answer = client.post(f"{API}/sign-in/link", json={"token": token, "password": password})
    assert answer.status_code == status, answer.text
    return answer


def sign_in(client: TestClient, name: str, password: str) -> int:
    return int(client.post(f"{API}/sign-in", json={"name": name, "password": password}).status_code)


def me(client: TestClient) -> Any:
    answer = client.get(f"{API}/me")
    return answer.json()["id"] if answer.status_code == 200 else None


def refusal(answer: Any, status: int, word: str) -> Any:
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:overread:{word}"), answer.text
    return answer.json()


def actions(loop: Loop) -> list[str]:
    with loop.database.transaction() as session:
        return list(session.scalars(select(TrailLine.action).order_by(TrailLine.id)))


def test_a_new_password_ends_older_sessions_and_links(
    a_browser: Callable[[], TestClient], entered: Open, loop: Loop
) -> None:
    old = entered("ada", "reader")
    first, second = link(loop, "ada", "reader"), link(loop, "ada", "reader")
    use(a_browser(), first, OTHER, status=401)  # replaced by the second
    new = a_browser()
    use(new, second, OTHER)
    assert (me(old), me(new) is not None) == (None, True)
    assert [sign_in(a_browser(), "ada", word) for word in (PASSWORD, OTHER)] == [401, 200]


def test_an_invitation_says_what_it_replaced(a_browser: Callable[[], TestClient], entered: Open) -> None:
    admin = entered("ada", "admin")
    body = {"name": "bob", "role": "reader"}
    made = [admin.post(f"{API}/accounts/invite", json=body).json() for _ in range(2)]
    assert [one["replaced"] for one in made] == [0, 1]
    assert made[0]["account"] == made[1]["account"]
    assert [one["link"].partition("#token=")[0] for one in made] == ["http://127.0.0.1:8000/sign-in"] * 2
    use(a_browser(), made[0]["link"].partition("#token=")[2], status=401)
    use(a_browser(), made[1]["link"].partition("#token=")[2])


def test_a_role_is_changed_in_words_alone(entered: Open, a_browser: Callable[[], TestClient], loop: Loop) -> None:
    admin, reader = entered("ada", "admin"), entered("bob", "reader")
    number, unused = me(reader), link(loop, "bob", "reader")
    told = refusal(admin.post(f"{API}/accounts/invite", json={"name": "bob", "role": "admin"}), 409, "role-differs")
    assert (told["account_id"], f"/accounts/{number}/role" in told["detail"]) == (number, True)
    assert reader.get(f"{API}/me").json()["role"] == "reader"
    assert reader.put(f"{API}/accounts/{number}/role", json={"role": "admin"}).status_code == 403
    assert admin.put(f"{API}/accounts/{number}/role", json={"role": "engineer"}).json()["role"] == "engineer"
    assert me(reader) is None
    use(a_browser(), unused, status=401)
    assert "account.role-changed" in actions(loop)
    assert admin.post(f"{API}/accounts/invite", json={"name": "bob", "role": "engineer"}).status_code == 200


def test_a_disabled_account_gets_no_link_until_it_is_enabled(
    entered: Open, a_browser: Callable[[], TestClient], loop: Loop
) -> None:
    admin, reader = entered("ada", "admin"), entered("bob", "reader")
    number, unused = me(reader), link(loop, "bob", "reader")
    assert admin.post(f"{API}/accounts/{number}/disable").status_code == 204
    told = admin.post(f"{API}/accounts/invite", json={"name": "bob", "role": "reader"})
    assert f"/accounts/{number}/enable" in refusal(told, 409, "account-disabled")["detail"]
    use(a_browser(), unused, status=401)
    assert (me(reader), sign_in(a_browser(), "bob", PASSWORD)) == (None, 401)
    assert admin.post(f"{API}/accounts/{number}/enable").status_code == 204
    use(a_browser(), unused, status=401)  # what was ended stays ended
    assert sign_in(a_browser(), "bob", PASSWORD) == 200
    assert [word for word in actions(loop) if "abled" in word] == ["account.disabled", "account.enabled"]


def test_the_last_admin_stays(entered: Open, loop: Loop) -> None:
    admin = entered("ada", "admin")
    link(loop, "never came", "admin")
    path = f"{API}/accounts/{me(admin)}"
    refusal(admin.post(f"{path}/disable"), 409, "last-admin")
    refusal(admin.put(f"{path}/role", json={"role": "reader"}), 409, "last-admin")
    entered("bob", "admin")
    assert admin.post(f"{path}/disable").status_code == 204
    assert me(admin) is None


def test_two_admins_who_disable_each_other_at_once_leave_one(
    entered: Open, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = [entered("ada", "admin"), entered("bob", "admin")]
    numbers, answers = [me(one) for one in pair], []
    together, honest = threading.Barrier(2), accounts.disable_account

    def at_once(*words: Any, **named: Any) -> Any:
        together.wait()  # both are let in as admins before either is disabled
        return honest(*words, **named)

    monkeypatch.setattr(accounts, "disable_account", at_once)

    def disable(one: TestClient, other: int) -> None:
        answers.append(one.post(f"{API}/accounts/{other}/disable").status_code)

    threads = [threading.Thread(target=disable, args=words) for words in zip(pair, reversed(numbers), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [204, 403]
    assert sum(me(one) is not None for one in pair) == 1


def test_a_link_used_twice_at_once_lets_one_in(a_browser: Callable[[], TestClient], loop: Loop) -> None:
    token, codes = link(loop, "ada", "reader"), []
    body = {"token": token, "password": PASSWORD}
    threads = [
        threading.Thread(target=lambda: codes.append(a_browser().post(f"{API}/sign-in/link", json=body).status_code))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200] + [401] * 7


def test_a_password_that_is_replaced_while_it_is_checked_opens_nothing(
    a_browser: Callable[[], TestClient], entered: Open, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered("ada", "reader")
    token, honest = link(loop, "ada", "reader"), passwords.matches

    def slow(password: str, known: str | None) -> bool:
        right = honest(password, known)
        use(a_browser(), token, OTHER)
        return right

    monkeypatch.setattr(passwords, "matches", slow)
    assert sign_in(a_browser(), "ada", PASSWORD) == 401


def test_a_browser_has_one_session_at_a_time(entered: Open, a_browser: Callable[[], TestClient]) -> None:
    client, thief = entered("ada", "reader"), a_browser()
    thief.cookies.set("overread_session", client.cookies["overread_session"])
    assert me(thief) is not None
    assert sign_in(client, "ada", PASSWORD) == 200
    assert (me(client) is not None, me(thief)) == (True, None)


def test_signing_out_everywhere(entered: Open, a_browser: Callable[[], TestClient], loop: Loop) -> None:
    here, there, other = entered("ada", "reader"), a_browser(), entered("bob", "reader")
    assert sign_in(there, "ada", PASSWORD) == 200
    assert here.post(f"{API}/sign-out/everywhere").status_code == 204
    assert (me(here), me(there), me(other) is not None) == (None, None, True)
    assert "account.signed-out-everywhere" in actions(loop)


@pytest.mark.parametrize("spelling", ["zoë kim", "  Zoë   Kim ", "ZOE\u0308 KIM", "Ｚｏë Kim"])
def test_a_name_is_one_person_however_it_is_spelled(
    entered: Open, a_browser: Callable[[], TestClient], loop: Loop, spelling: str
) -> None:
    admin, client = entered("ada", "admin"), entered("Zoë Kim", "reader")
    assert sign_in(a_browser(), spelling, PASSWORD) == 200
    again = admin.post(f"{API}/accounts/invite", json={"name": spelling, "role": "reader"}).json()
    assert again["account"] == {"id": me(client), "name": "Zoë Kim", "role": "reader"}


def test_a_password_is_one_however_its_letters_are_composed(a_browser: Callable[[], TestClient], loop: Loop) -> None:
    use(a_browser(), link(loop, "ada", "reader"), "cafe\u0301 au lait, grand")
    assert sign_in(a_browser(), "ada", "caf\u00e9 au lait, grand") == 200


def test_the_server_offers_set_up_while_no_admin_can_come_in(entered: Open, loop: Loop) -> None:
    def needed() -> bool:
        with loop.database.transaction() as session:
            return accounts.needs_set_up(session)

    assert needed()
    number = me(entered("ada", "admin"))
    assert not needed()
    with loop.database.transaction() as session:  # as an installation of before could leave it
        session.get_one(Account, number).disabled = True
    assert needed()


def test_an_admin_sees_who_can_come_in_and_how(entered: Open, a_browser: Callable[[], TestClient], loop: Loop) -> None:
    admin, reader = entered("ada", "admin"), entered("Zoë", "reader")
    assert admin.post(f"{API}/accounts/{me(reader)}/disable").status_code == 204
    for name in ("invited", "late"):
        link(loop, name, "engineer")
    for name in ("inside", "left"):  # by a link alone: there is no password to come back with
        use(a_browser(), link(loop, name, "reader"))

    def people() -> dict[str, Any]:
        return {one["name"]: one for one in admin.get(f"{API}/accounts").json()}

    number = {name: one["id"] for name, one in people().items()}
    with loop.database.transaction() as session:
        session.execute(update(SignInLink).where(SignInLink.account_id == number["late"]).values(expires_at=func.now()))
        session.execute(delete(SignIn).where(SignIn.account_id == number["left"]))
    assert [(name, one["role"], one["state"], one["link_until"] is not None) for name, one in people().items()] == [
        ("ada", "admin", "active", False),
        ("inside", "reader", "active", False),
        ("invited", "engineer", "invited", True),
        ("late", "engineer", "no-way-in", False),
        ("left", "reader", "no-way-in", False),
        ("reader one", "admin", "no-way-in", False),
        ("Zoë", "reader", "disabled", False),
    ]
