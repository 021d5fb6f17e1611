"""Waiting in tests for what has to come: for ever is no wait, it would hang the whole run."""

import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from random import SystemRandom
from typing import TypeVar

Found = TypeVar("Found")
# Below what the system gives to connections (from 32768 on Linux): a browser's own connection could take the port of a
# service that a test had stopped, which then never came back.
PORTS = range(15_000, 32_000)
PROCESSES = 64


def until(asked: Callable[[], Found], seconds: float = 300, pause: float = 0.05) -> Found:
    """The first answer that is true. Raises AssertionError where none comes within ``seconds``: five minutes, for jobs
    load the learning engine on cores that other tests keep busy."""
    deadline = time.monotonic() + seconds
    while not (answer := asked()):
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(pause)
    return answer


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on, that no connection is given, and that no test beside this one gets:
    what is started on it may take long to come."""
    for port in SystemRandom().sample(ports_of(os.environ.get("PYTEST_XDIST_WORKER", "gw0")), 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")


def ports_of(process: str) -> range:
    """The ports of one of the processes that run tests side by side (``gw0``, ``gw1`` and so on)."""
    return PORTS[int(process.removeprefix("gw")) % PROCESSES :: PROCESSES]
