"""How a test comes in at the door, and opens an audit over HTTP."""

from fastapi.testclient import TestClient

from overread.services.people import accounts
from tests.loop import Loop

API = "/api/v1"


def sign_in(client: TestClient, loop: Loop, role: str) -> TestClient:
    with loop.database.transaction() as session:
        token = accounts.invite(session, f"a {role}", role)
    assert client.post(f"{API}/sign-in/link", json={"token": token}).status_code == 200
    return client


def audited(client: TestClient, loop: Loop) -> tuple[int, int]:
    iteration = loop.launch()
    loop.label(iteration)
    body = client.get(f"{API}/iterations/{iteration.id}").json()
    return iteration.id, body["audit_id"]
