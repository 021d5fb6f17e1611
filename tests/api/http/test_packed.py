"""Films, maps and thumbnails over HTTP: made and packed once, told again in a line, and only to who is signed in."""

import gzip
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from overread.api.http import immutable
from overread.api.http.immutable import takes_gzip
from overread.app import create_app
from overread.db.tables import Image, ProbabilityMap
from overread.services.films import thumbnails
from overread.services.people import accounts
from overread.settings import Settings
from tests.loop import Loop

API = "/api/v1"


@pytest.fixture
def client(settings: Settings, loop: Loop) -> Iterator[TestClient]:
    with TestClient(create_app(settings), base_url="http://127.0.0.1:8000") as opened:
        with loop.database.transaction() as session:
            token = accounts.invite(session, "a reader", "reader")
        assert opened.post(f"{API}/sign-in/link", json={"token": token}).status_code == 200
        yield opened


@pytest.fixture
def addresses(loop: Loop) -> list[str]:
    """Pixels and a map of the pool's films, and a thumbnail."""
    loop.label(loop.launch())
    with loop.database.transaction() as session:
        row = session.scalars(select(ProbabilityMap).order_by(ProbabilityMap.image_id)).first()
        assert row is not None
        film = f"{API}/images/{row.image_id}"
        return [
            f"{film}/pixels",
            f"{API}/labellings/{row.labelling_id}/images/{row.image_id}/maps",
            f"{film}/thumbnail",
        ]


def counted(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> list[int]:
    """How often a function is called, as the length of a list."""
    calls, real = [], getattr(owner, name)

    def call(*args: Any, **more: Any) -> Any:
        calls.append(1)
        return real(*args, **more)

    monkeypatch.setattr(owner, name, call)
    return calls


def test_nothing_is_made_twice(client: TestClient, addresses: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    packings = counted(monkeypatch, immutable.gzip, "compress")  # type: ignore[attr-defined]
    drawings = counted(monkeypatch, thumbnails, "_draw")
    for address in addresses:
        answers = [client.get(address) for _ in range(3)]
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers}) == 1
    assert (len(packings), len(drawings)) == (2, 1)


def test_who_has_it_is_told_so(client: TestClient, addresses: list[str]) -> None:
    for address in addresses:
        first = client.get(address)
        assert first.headers["cache-control"].startswith("private")
        again = client.get(address, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["cache-control"] == first.headers["cache-control"]
        assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200
        with TestClient(client.app, base_url="http://127.0.0.1:8000") as stranger:
            refused = stranger.get(address, headers={"If-None-Match": first.headers["etag"]})
        assert refused.status_code == 401
    assert "immutable" in client.get(addresses[0]).headers["cache-control"]


def test_who_takes_no_gzip_gets_it_plain(client: TestClient, loop: Loop, addresses: list[str]) -> None:
    plain = client.get(addresses[0], headers={"Accept-Encoding": "identity"})
    packed = client.get(addresses[0], headers={"Accept-Encoding": "br, gzip;q=0.5"})
    assert "content-encoding" not in plain.headers
    assert (packed.headers["content-encoding"], packed.headers["vary"]) == ("gzip", "Accept-Encoding")
    assert plain.content == packed.content
    assert plain.headers["etag"] != packed.headers["etag"]


def test_a_flipped_bit_on_the_disk_is_made_anew(
    client: TestClient, loop: Loop, settings: Settings, addresses: list[str]
) -> None:
    for address in addresses:
        whole = client.get(address).content
        for kept in [*settings.data_folder.rglob("*.gz"), *settings.data_folder.rglob("*.png")]:
            data = bytearray(kept.read_bytes())
            data[len(data) // 2] ^= 1
            kept.write_bytes(data if address.endswith("thumbnail") else data[:40])
        assert client.get(address).content == whole


def test_a_film_is_packed_beside_its_blob(client: TestClient, loop: Loop, settings: Settings) -> None:
    with loop.database.transaction() as session:
        image = session.scalars(select(Image).order_by(Image.id)).first()
    assert image is not None
    client.get(f"{API}/images/{image.id}/pixels")
    (packed,) = settings.data_folder.glob("packed/*/*.gz")
    assert packed.name == f"{image.sha256}.gz"
    assert gzip.decompress(packed.read_bytes()[32:]) == loop.blobs.get(image.sha256)


@pytest.mark.parametrize(
    ("accepted", "taken"),
    [
        ("gzip", True),
        ("GZIP, deflate, br", True),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("*", True),
        ("", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000, *", False),
        ("*;q=0", False),
        ("xgzip", False),
    ],
)
def test_what_a_client_takes(accepted: str, taken: bool) -> None:
    assert takes_gzip(accepted) is taken
