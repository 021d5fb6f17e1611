"""The tests' own waiting: it ends."""

import socket

import pytest

from overread.settings import Settings
from tests.e2e.service import Service
from tests.waiting import free_port, until


def test_what_never_comes_is_a_failure() -> None:
    with pytest.raises(AssertionError, match="did not come to pass"):
        until(lambda: None, seconds=0.1)


def test_a_service_whose_port_is_taken_says_so(settings: Settings) -> None:
    port = free_port()
    served = Service(Settings(**settings.model_dump(exclude={"public_url"}) | {"port": port}))
    with socket.create_server(("127.0.0.1", port)), pytest.raises(AssertionError, match="somebody else has its port"):
        served.start()
