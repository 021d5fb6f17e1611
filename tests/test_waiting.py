"""The tests' own waiting: it ends."""

import socket

import pytest

from overread.settings import Settings
from tests.e2e.service import Service
from tests.waiting import PORTS, PROCESSES, free_port, ports_of, until


def test_what_never_comes_is_a_failure() -> None:
    with pytest.raises(AssertionError, match="did not come to pass"):
        until(lambda: None, seconds=0.1)


def test_a_service_whose_port_is_taken_says_so(settings: Settings) -> None:
    port = free_port()
    served = Service(Settings(**settings.model_dump(exclude={"public_url"}) | {"port": port}))
    with socket.create_server(("127.0.0.1", port)), pytest.raises(AssertionError, match="somebody else has its port"):
        served.start()


def test_no_two_processes_of_tests_share_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = [port for process in range(PROCESSES) for port in ports_of(f"gw{process}")]
    assert sorted(shared) == list(PORTS)
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw1")
    assert free_port() in ports_of("gw1")
